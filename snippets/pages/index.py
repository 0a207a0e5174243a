"""The page `index` as a script: it prints what the page shows."""

# --8<-- [start:correction-figure]
from adam import adam_as_printed, adam_in_paper
from correction import correction_figure, extremes
from index import first_step

marks = extremes()
print(correction_figure(marks))
# --8<-- [end:correction-figure]

# --8<-- [start:surprise]
for rule in (adam_as_printed, adam_in_paper):
    steps = ", ".join(f"{step:.4f}" for step in first_step(rule))
    print(f"{rule.__name__:16} {steps}")
# --8<-- [end:surprise]
