"""WebVTT files as programs write them: each stands for its kind. What is true of them stands in `test_sidecars.py`."""

from __future__ import annotations

WRITTEN: dict[str, bytes] = {
    "arrow_nospace": (b"WEBVTT\n\n00:00:01.000-->00:00:04.000\nDana Reyes: hi\n"),
    "blank_after_timing": (
        b"WEBVTT\n"
        b"\n"
        b"00:45:16.960 --> 00:45:20.600 line:79% align:center\n"
        b"\n"
        b"<v Dana Reyes>Haddock saw it\n"
        b"and asked me.</v>\n"
        b"\n"
        b"00:45:20.920 --> 00:45:22.040\n"
        b"<v Ray Kowalski>Who?</v>\n"
    ),
    "bom_crlf": (
        b"\xef\xbb\xbfWEBVTT\r\n"
        b"\r\n"
        b"1\r\n"
        b"00:01.000 --> 00:04.000\r\n"
        b"Dana Reyes: Good morning.\r\n"
        b"\r\n"
        b"2\r\n"
        b"00:05.000 --> 00:08.000\r\n"
        b"Ray Kowalski: Hi.\r\n"
    ),
    "cjk": (
        b"WEBVTT\n"
        b"\n"
        b"1\n"
        b"00:00:01.000 --> 00:00:04.000\n"
        b"\xe7\x8e\x8b\xe5\xb0\x8f\xe6\x98\x8e\xef\xbc\x9a\xe6\x97\xa9\xe4\xb8\x8a\xe5\xa5\xbd\n"
        b"\n"
        b"2\n"
        b"00:00:05.000 --> 00:00:08.000\n"
        b"\xe7\x94\xb0\xe4\xb8\xad \xe8\x8a\xb1\xe5\xad\x90: \xe3\x81\x8a\xe3\x81\xaf\xe3\x82\x88\xe3"
        b"\x81\x86\xe3\x81\x94\xe3\x81\x96\xe3\x81\x84\xe3\x81\xbe\xe3\x81\x99\n"
        b"\n"
        b"3\n"
        b"00:00:09.000 --> 00:00:12.000\n"
        b"\xe7\x8e\x8b\xe5\xb0\x8f\xe6\x98\x8e\xef\xbc\x9a\xe5\xa5\xbd\n"
    ),
    "cp1252": (b"WEBVTT\n\n1\n00:00:01.000 --> 00:00:04.000\nJos\xe9 N\xfa\xf1ez: Buenos d\xedas.\n"),
    "double_bom": (b"\xef\xbb\xbf\xef\xbb\xbfWEBVTT\n\n1\n00:01.000 --> 00:04.000\nDana Reyes: Good morning.\n"),
    "dup_ext": (
        b"WEBVTT\n"
        b"\n"
        b"1\n"
        b"00:00:01.000 --> 00:00:04.000\n"
        b"Dana Reyes | Dispatch Inc. (she/her): Morning\n"
        b"\n"
        b"2\n"
        b"00:00:05.000 --> 00:00:08.000\n"
        b"Dana Reyes External Unverified: hi\n"
    ),
    "emoji": (
        b"WEBVTT\n"
        b"\n"
        b"1\n"
        b"00:00:01.000 --> 00:00:04.000\n"
        b"\xf0\x9f\x91\xa9\xf0\x9f\x8f\xbd\xe2\x80\x8d\xf0\x9f\x92\xbc Dana Reye"
        b"s \xf0\x9f\x9a\x80: Morning\n"
        b"\n"
        b"2\n"
        b"00:00:05.000 --> 00:00:08.000\n"
        b"Ray Kowalski: hi\n"
        b"\n"
        b"3\n"
        b"00:00:09.000 --> 00:00:12.000\n"
        b"Dana Reyes: hi\n"
    ),
    "end_before_start": (
        b"WEBVTT\n"
        b"\n"
        b"1\n"
        b"00:00:01.000 --> 00:00:04.000\n"
        b"Dana Reyes: Good morning.\n"
        b"\n"
        b"2\n"
        b"00:00:08.900 --> 00:00:08.100\n"
        b"Ray Kowalski: Hi.\n"
        b"\n"
        b"3\n"
        b"00:00:09.000 --> 00:00:14.000\n"
        b"Dana Reyes: Shall we start?\n"
    ),
    "hours_overflow": (
        b"WEBVTT\n"
        b"\n"
        b"1\n"
        b"14:00:01.000 --> 14:00:04.000\n"
        b"Dana Reyes: Good morning.\n"
        b"\n"
        b"2\n"
        b"14:00:05.000 --> 14:00:08.000\n"
        b"Ray Kowalski: Hi.\n"
    ),
    "kind_header": (
        b"WEBVTT\n"
        b"Kind: captions\n"
        b"Language: en\n"
        b"\n"
        b"00:00:01.000 --> 00:00:04.000\n"
        b"Dana Reyes: hi\n"
        b"\n"
        b"00:00:05.000 --> 00:00:08.000\n"
        b"Ray Kowalski: Hi.\n"
    ),
    "lower_name": (
        b"WEBVTT\n"
        b"\n"
        b"1\n"
        b"00:00:01.000 --> 00:00:04.000\n"
        b"dana: Morning\n"
        b"\n"
        b"2\n"
        b"00:00:05.000 --> 00:00:08.000\n"
        b"ray\xe2\x80\x99s iPhone: hi\n"
        b"\n"
        b"3\n"
        b"00:00:09.000 --> 00:00:12.000\n"
        b"dana: ok\n"
    ),
    "nospace_header": (b"WEBVTT- transcript\n\n1\n00:00:01.000 --> 00:00:04.000\nDana Reyes: hi\n"),
    "phone_number": (
        b"WEBVTT\n"
        b"\n"
        b"1\n"
        b"00:00:01.000 --> 00:00:04.000\n"
        b"+1 (555) 010-1234: Morning\n"
        b"\n"
        b"2\n"
        b"00:00:05.000 --> 00:00:08.000\n"
        b"Dana Reyes: hi\n"
    ),
    "role_prefix": (
        b"WEBVTT\n"
        b"\n"
        b"1\n"
        b"00:00:01.000 --> 00:00:04.000\n"
        b"(Host) Dana Reyes: Morning\n"
        b"\n"
        b"2\n"
        b"00:00:05.000 --> 00:00:08.000\n"
        b"Dr. Ray Kowalski, PhD: hi\n"
    ),
    "rtl": (
        b"WEBVTT\n"
        b"\n"
        b"1\n"
        b"00:00:01.000 --> 00:00:04.000\n"
        b"\xe2\x80\x8f\xd7\x93\xd7\xa0\xd7\x94 \xd7\xa8\xd7\x99\xd7\x99\xd7\xa1: \xd7\x91\xd7\x95\xd7"
        b"\xa7\xd7\xa8 \xd7\x98\xd7\x95\xd7\x91.\n"
        b"\n"
        b"2\n"
        b"00:00:05.000 --> 00:00:08.000\n"
        b"\xd9\x85\xd8\xad\xd9\x85\xd8\xaf \xd8\xb9\xd9\x84\xd9\x8a: \xd8\xb5\xd8\xa8\xd8\xa7\xd8\xad"
        b" \xd8\xa7\xd9\x84\xd8\xae\xd9\x8a\xd8\xb1\n"
        b"\n"
        b"3\n"
        b"00:00:09.000 --> 00:00:12.000\n"
        b"\xd7\x93\xd7\xa0\xd7\x94 \xd7\xa8\xd7\x99\xd7\x99\xd7\xa1: \xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d"
        b"\n"
    ),
    "same_name": (
        b"WEBVTT\n"
        b"\n"
        b"1\n"
        b"00:00:01.000 --> 00:00:04.000\n"
        b"Maria Lopez: Morning\n"
        b"\n"
        b"2\n"
        b"00:00:05.000 --> 00:00:08.000\n"
        b"Maria Lopez: hi\n"
    ),
    "sbv_as_vtt": (b"0:00:01.000,0:00:04.000\nDana Reyes: Good morning\n"),
    "sec60": (
        b"WEBVTT\n"
        b"\n"
        b"1\n"
        b"00:00:01.000 --> 00:00:04.000\n"
        b"Dana Reyes: Good morning.\n"
        b"\n"
        b"2\n"
        b"00:00:58.900 --> 00:00:60.000\n"
        b"Ray Kowalski: Hi.\n"
    ),
    "speaker_time": (
        b"WEBVTT\n"
        b"\n"
        b"1\n"
        b"00:00:01.000 --> 00:00:04.000\n"
        b"[Dana Reyes] 14:00:01\n"
        b"Morning\n"
        b"\n"
        b"2\n"
        b"00:00:05.000 --> 00:00:08.000\n"
        b"[Ray Kowalski] 14:00:05\n"
        b"hi there\n"
        b"\n"
        b"3\n"
        b"00:00:09.000 --> 00:00:12.000\n"
        b"[Dana Reyes] 14:00:09\n"
        b"ok\n"
    ),
    "srt_idx_space": (
        b"WEBVTT\n"
        b"\n"
        b"1 \n"
        b"00:00:01.000 --> 00:00:04.000 \n"
        b"Dana Reyes: hi \n"
        b" \n"
        b"2 \n"
        b"00:00:05.000 --> 00:00:08.000 \n"
        b"Ray Kowalski: ok\n"
    ),
    "stream_note": (
        b"WEBVTT\n"
        b"\n"
        b'NOTE duration:"00:30:42.1200000"\n'
        b"\n"
        b"NOTE language:en-us\n"
        b"\n"
        b"NOTE Confidence: 0.8984\n"
        b"\n"
        b"9f3f-1\n"
        b"00:00:00.000 --> 00:00:03.190\n"
        b"<v Dana Reyes>Hello\n"
        b"\n"
        b"NOTE Confidence: 0.77\n"
        b"\n"
        b"9f3f-2\n"
        b"00:00:03.300 --> 00:00:05.190\n"
        b"<v Ray Kowalski>Hi</v>\n"
    ),
    "teams_guid": (
        b"WEBVTT\n"
        b"\n"
        b"7a1c9a3e-1234-4f4c-9cde-111122223333/12-0\n"
        b"00:00:03.000 --> 00:00:05.000\n"
        b"<v Reyes, Dana (Sales)>Morning.</v>\n"
        b"\n"
        b"7a1c9a3e-1234-4f4c-9cde-111122223333/12-1\n"
        b"00:00:05.200 --> 00:00:09.000\n"
        b"<v Kowalski, Ray (Northwind Foods, Ext)>Hi, good morning.</v>\n"
    ),
    "unicode_arrow": (b"WEBVTT\n\n00:00:01.000 \xe2\x80\x93> 00:00:04.000\nDana Reyes: hi\n"),
    "utf16": ("\ufeffWEBVTT\n\n1\n00:01.000 --> 00:04.000\nDana Reyes: Good morning.\n").encode("utf-16-le"),
    "webex": (
        b"WEBVTT\n"
        b"\n"
        b'1 "Dana Reyes" (1187459584)\n'
        b"00:00:02.449 --> 00:00:05.269\n"
        b"Morning\n"
        b"\n"
        b'2 "Kowalski, Ray" (318)\n'
        b"00:00:06.449 --> 00:00:08.269\n"
        b"Hi\n"
    ),
    "webex_nohdr": (b'1 "Dana Reyes" (1187459584)\n00:00:02.449 --> 00:00:05.269\nMorning\n'),
    "xmap": (
        b"WEBVTT\nX-TIMESTAMP-MAP=LOCAL:00:00:00.000,MPEGTS:900000\n\n00:00:01.000 --> 00:00:04.000\nDana Reyes: hi\n"
    ),
}
