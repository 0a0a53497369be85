"""What is told to be in the letters of an old font, and what those letters say."""

from __future__ import annotations

import pytest

from logistics.old_letters import in_unicode, letters_of
from tests.notation import rows


def test_known_words_are_read():
    for row in rows("""
        text               | letters | says
        G¹o tÎ             | TCVN3   | Gạo tẻ
        Thuèc kh¸ng sinh   | TCVN3   | Thuốc kháng sinh
        B¨ng cuén 10cm     | TCVN3   | Băng cuộn 10cm
        Gaïo teû           | VNI     | Gạo tẻ
        Ñöôøng kính        | VNI     | Đường kính
        Nöôùc maém         | VNI     | Nước mắm
    """):
        assert letters_of(row["text"]) == row["letters"], row
        assert in_unicode(row["text"], row["letters"]) == row["says"], row


@pytest.mark.parametrize(
    "text",
    [
        "Gạo tẻ", "Đường kính", "Quả bóng", "Bình cái", "Vitamin C 100 µg", "Aspirin® 500", "août", "maïs", "goût",
        "Müller", "½ lít", "m²", "kg·m", "Băng cuộn", "Rice", "§5",
    ],
)  # fmt: skip
def test_other_texts_are_left_alone(text):
    assert letters_of(text) == ""
