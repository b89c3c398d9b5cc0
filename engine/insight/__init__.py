"""What arrays teach: maps in numbers and compared, how one value comes about, and layers that can do with less.

All of it is arithmetic on arrays and layers. `engine.fitting` makes a project's recipe of it, `engine.bottleneck` asks
what a project's layers can bear.
"""
