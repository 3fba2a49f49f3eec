"""The report's charts: numbers in, places on the page out; `charts.svg.jinja` writes them as SVG.

Drawn by hand after a trial against matplotlib 3.11 (as SVG) and Altair 6.3 (through vl-convert 1.9), on the same seven
charts. Ours take 40 kB and 0.1 s; matplotlib's 152 kB, 2.7 s and 1.6 s to import, Altair's 116 kB, 6.0 s and 1.5 s.
They add some 75 and 100 MiB to an installation for 300 lines less here. Neither writes CSS variables, which light and
dark need, nor a picture's title and text for screen readers (Altair labels each mark), and neither draws losses from
-1.7e308 to 1.7e308: matplotlib ends in a ValueError, Altair puts them at NaN.
"""

from widedeep.pipeline.report.charts.calibration import Share, calibration_chart
from widedeep.pipeline.report.charts.days import day_chart
from widedeep.pipeline.report.charts.dots import DotPlot, DotRow, Measurement, dot_plot
from widedeep.pipeline.report.charts.lines import MODELS, Chart, Line
from widedeep.pipeline.report.charts.rates import Point, precision_chart, roc_chart
from widedeep.pipeline.report.charts.residuals import residual_chart
from widedeep.pipeline.report.charts.training import training_charts

__all__ = [
    "MODELS",
    "Chart",
    "DotPlot",
    "DotRow",
    "Line",
    "Measurement",
    "Point",
    "Share",
    "calibration_chart",
    "day_chart",
    "dot_plot",
    "precision_chart",
    "residual_chart",
    "roc_chart",
    "training_charts",
]
