"""Runs the recipe of docs/scale.md on PySpark's local cluster mode and compares it with one plain process.

Usage: python scripts/spark-pipe.py     (after npm run build; needs pyspark and a Java runtime)
"""
import os
import subprocess
import sys

from pyspark.sql import SparkSession

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BIN = os.path.join(ROOT, "dist", "cli", "bin.js")
FILTERS = ["sections --rules corrected", "sections --rules alsentzer2019", "sentences --sections corrected"]


def run(arguments, text=""):
    return subprocess.run(["node", BIN, *arguments.split()], input=text, capture_output=True, text=True).stdout


def main():
    notes = run("synthesize --notes 400 --seed 9 --format jsonl").splitlines()
    spark = SparkSession.builder.master("local-cluster[2,1,1024]").appName("clinicalbert").getOrCreate()
    try:
        lines = spark.sparkContext.parallelize(notes, 5)
        for arguments in FILTERS:
            piped = lines.pipe(f"node {BIN} {arguments}", checkCode=False).collect()
            plain = run(arguments, "\n".join(notes)).splitlines()
            same = piped == plain
            print(f"{arguments}: {len(piped)} lines, {'equal' if same else 'DIFFERENT'}")
            if not same:
                return 1
    finally:
        spark.stop()
    return 0


sys.exit(main())
