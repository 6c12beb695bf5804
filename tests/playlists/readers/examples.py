"""Small invented files in the layouts of real exports, by file name; tests read them, and fuzzers change them."""

from __future__ import annotations

XSPF = """<?xml version="1.0" encoding="UTF-8"?>
<playlist version="1" xmlns="http://xspf.org/ns/0/"><trackList>
<track><location>file:///a.mp3</location><title>Green Door</title><creator>Ada Fenn</creator></track>
<track><identifier>x:1</identifier><identifier>http://musicbrainz.org/recording/AAAAAAAA-1111-4111-8111-111111111111
</identifier><title>Rain &amp; Tin</title><creator>The Hatches</creator></track>
<track><location>b.mp3</location></track>
<track><location>https://open.spotify.com/track/7abc?si=1</location><title>Only a title</title></track>
</trackList><title>Kitchen</title><creator>me</creator></playlist>
"""
JSPF = """{"playlist": {"creator": "me", "title": "", "track": [
{"creator": "Ada Fenn", "title": "Green Door",
 "identifier": ["https://musicbrainz.org/recording/aaaaaaaa-1111-4111-8111-111111111111"]},
{"creator": "The Hatches", "title": "Rain & Tin", "identifier": "https://youtu.be/abcdefghijk"},
{"creator": ["x"], "title": "y"}, 7]}}"""

EXAMPLES: dict[str, str] = {"kitchen.xspf": XSPF, "kitchen.jspf": JSPF}
