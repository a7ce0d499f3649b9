"""Event files: what TensorBoard writes for given scalars, and what it reads in a folder.

Run:  python tensorboard_events.py write OUT.tfevents   (tensorboard 2.21)
      python tensorboard_events.py read FOLDER          prints {tag: [[step, value], ...]} as JSON
"""
import json, sys
from tensorboard.compat.proto import event_pb2, summary_pb2
from tensorboard.summary.writer.record_writer import RecordWriter

SCALARS = [(1, {"train/loss": 10.5, "train/learning_rate": 0.0}), (2, {"train/loss": 9.25, "train/learning_rate": 5e-9}),
           (150000, {"train/loss": float("nan"), "held_out/masked_lm_loss": 1.75})]

if sys.argv[1] == "write":
    with open(sys.argv[2], "wb") as file:
        writer = RecordWriter(file)
        writer.write(event_pb2.Event(wall_time=1.5e9, file_version="brain.Event:2").SerializeToString())
        for step, scalars in SCALARS:
            values = [summary_pb2.Summary.Value(tag=tag, simple_value=value) for tag, value in scalars.items()]
            event = event_pb2.Event(wall_time=1.5e9 + step, step=step, summary=summary_pb2.Summary(value=values))
            writer.write(event.SerializeToString())
else:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    accumulator = EventAccumulator(sys.argv[2], size_guidance={"scalars": 0}).Reload()
    tags = accumulator.Tags()["scalars"]
    print(json.dumps({tag: [[event.step, event.value] for event in accumulator.Scalars(tag)] for tag in tags}))
