"""Scans on a schedule without AWS-side scheduling: one process that starts one scan at a time.

`schedule` (the library) is the trigger and nothing more: it replays no missed run, keeps no state, knows no
overlap and ends with the first exception. What a run is owed to (`timetable`, `state`), who may run (`lock`), how a
run ends (`process`) and what is told about it (`metrics`, heartbeat) is said here.
"""
