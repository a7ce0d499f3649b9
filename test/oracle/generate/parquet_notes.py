"""Writes test/oracle/notes/notes.parquet (row groups of 4, snappy) and notes.zstd.parquet: 10 synthetic rows in MIMIC-III's columns.

Usage: python parquet_notes.py FOLDER    (pyarrow; its version is printed and kept in the files' metadata)
"""
import datetime
import sys

import pyarrow
import pyarrow.parquet

rows = range(1, 11)
table = pyarrow.table(
    {
        "ROW_ID": pyarrow.array(list(rows), pyarrow.int64()),
        "SUBJECT_ID": pyarrow.array([100 + row // 3 for row in rows], pyarrow.int32()),
        "CHARTDATE": pyarrow.array([datetime.date(2150, 1, row) for row in rows]),
        "CATEGORY": ["Discharge summary" if row % 2 else "Nursing" for row in rows],
        "ISERROR": pyarrow.array([1 if row == 5 else None for row in rows], pyarrow.int32()),
        "TEXT": [None if row == 7 else f"Note {row}: µ-opioid, stable.\nSecond line." for row in rows],
    }
)
pyarrow.parquet.write_table(table, f"{sys.argv[1]}/notes.parquet", row_group_size=4, compression="snappy")
pyarrow.parquet.write_table(table, f"{sys.argv[1]}/notes.zstd.parquet", row_group_size=4, compression="zstd")
print(pyarrow.__version__)
