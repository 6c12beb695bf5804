"""Small invented playlists in the layouts of music players and servers; see `examples`."""

from __future__ import annotations

RHYTHMBOX = """<?xml version="1.0"?>
<rhythmdb-playlists>
  <playlist name="Recently Added" type="automatic" sort-key="FirstSeen" sort-direction="1"><conjunction>
    <equals prop="type">song</equals><subquery><conjunction/></subquery></conjunction></playlist>
  <playlist name="Kitchen" show-browser="false" browser-position="180" search-type="search-match" type="static">
    <location>file:///m/Ada%20Fenn/Green%20Door.ogg</location>
    <location>file:///m/03%20-%20The%20Hatches%20-%20Rain%20&amp;%20Tin.mp3</location>
    <location>http://radio.example/live</location>
  </playlist>
  <playlist name="Kitchen" type="static"><location>file:///m/lost.flac</location></playlist>
  <playlist name="Play Queue" type="queue"><location>file:///m/Ada%20Fenn/Green%20Door.ogg</location></playlist>
</rhythmdb-playlists>
"""
RHYTHMDB = """<?xml version="1.0" standalone="yes"?>
<rhythmdb version="2.0">
  <entry type="song"><title>Green Door</title><genre>Unknown</genre><artist>Ada Fenn</artist><album>Doors</album>
    <track-number>4</track-number><duration>199</duration><location>file:///m/Ada%20Fenn/Green%20Door.ogg</location>
    <mb-trackid>AAAAAAAA-1111-4111-8111-111111111111</mb-trackid></entry>
  <entry type="iradio"><title>Harbour FM</title><location>http://radio.example/live</location></entry>
  <entry type="song"><title>Lost</title><artist>Unknown</artist><album>Unknown</album>
    <location>file:///m/lost.flac</location></entry>
  <entry type="song"><title>Unlisted</title><artist>Me</artist><location>file:///m/other.flac</location></entry>
</rhythmdb>
"""

PLAYER_EXAMPLES: dict[str, str] = {
    "playlists.xml": RHYTHMBOX,
}
