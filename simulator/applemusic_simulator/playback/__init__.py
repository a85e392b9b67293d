"""Playback as a client meets it: webPlayback, licences, playlists and files over HTTP.

Faults of its own, beside those that `network` knows for every endpoint; `Fault.subject` may be a
song id, in the path or in the body:

| endpoint | kind | what happens |
| --- | --- | --- |
| webPlayback | failure, failure-number | `failureType` is `code`, a string or a number |
| webPlayback | empty-songlist | `songList` is empty |
| webPlayback | no-ctrp256 | the song has no asset of flavour `28:ctrp256` |
| license | refuse | HTTP 200, `errorCode` is `code` |
| license | wrong-key | a valid licence whose key does not open the song |
| license | garbage | bytes that are no licence |
| playlist | garbage | bytes that are no playlist |
| playlist | bomb | a playlist of `after_bytes` bytes (0: 64 MiB) |
| cdn, preview | ignore-range | 200 and the whole file |
| cdn, preview | short-body | 206 with the first half of the range, honestly labelled |
| cdn, preview | reset-after | the connection is reset after `after_bytes` of the body |
| cdn | other-bytes | another ETag, other samples from `after_bytes` on |
| cdn | corrupt-box | impossible size in the first `moof` at or behind `after_bytes` |
| cdn | truncate-at | the file ends early; `code` is `fragment`, `box` or `sample`; in the first |
| | | fragment at or behind `after_bytes`, or in the last one for 0 |
| broadcast | stand-still | the playlist stays as it is when the fault comes |
| broadcast | ended | the playlist says that nothing will follow |
| broadcast | protected | the playlist names a key |
| broadcast | restart | segments are counted anew |
| broadcast | garbage | bytes that are no playlist |
| broadcast-segment | garbage | bytes that are no audio |
| broadcast-segment | other-form | mono instead of stereo |

A fault is used up by `count` requests: for a file that is damaged for good use `count=None`.
"""
