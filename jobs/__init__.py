"""The PySpark package that is shipped to every cloud: Python 3.8 syntax, Spark 3.3 API, no import outside itself."""
