-- quality_grades: what the five grades mean.
SELECT grade.grade::int AS grade, grade.name, grade.name_en, grade.awaits_disposal
FROM catalogue_qualitygrade AS grade
ORDER BY grade.grade
