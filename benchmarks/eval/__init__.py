"""How well the desk reads messages and finds articles, on public data that it does not ship.

The folder of the data is `EVAL_DATA`, ../shared/data by default; what is missing is said. Methods
and thresholds were chosen on validation parts only; each module says which texts it keeps back.
"""
