-- find_token: the token of a digest and the user it stands for, if both are good now.
--   takes   digest (SHA-256 hex of the secret), at
--   needs   nothing; an expired or revoked token and a deactivated user give no row
SELECT
    token.id AS token_id,
    token.last_used_at,
    ARRAY(SELECT jsonb_array_elements_text(token.scopes)) AS scopes,
    person.id,
    person.login,
    person.full_name,
    person.rank,
    person.title,
    person.is_active,
    person.is_staff,
    person.is_superuser,
    person.is_program
FROM accounts_token AS token
JOIN accounts_user AS person ON person.id = token.user_id
WHERE token.digest = %(digest)s
    AND token.revoked_at IS NULL
    AND token.expires_at > %(at)s
    AND person.is_active;
