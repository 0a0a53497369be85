"""Pages are Vietnamese whatever the browser was installed in, and English after the switch."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("accepted", ["en-US,en;q=0.9", "vi", "fr", ""])
def test_a_page_is_vietnamese_until_switched(client, accepted):
    page = client.get("/", follow=True, headers={"accept-language": accepted})
    assert '<html lang="vi"' in page.text
    client.post("/language/", {"language": "en", "next": "/"})
    assert '<html lang="en"' in client.get("/", follow=True, headers={"accept-language": accepted}).text


def test_the_api_follows_the_request(client):
    told = {
        language: client.get("/api/v1/depots", headers={"accept-language": language}).json()["title"]
        for language in ("vi", "en")
    }
    assert told["en"] != told["vi"]


def test_an_age_is_told_in_the_pages_language():
    from datetime import timedelta

    from django.utils import timezone, translation

    from logistics.templatetags import frame

    moment = timezone.now() - timedelta(days=2, minutes=1)
    with translation.override("vi"):
        assert "2\xa0ngày" in frame.age(moment) or "2 ngày" in frame.age(moment)
