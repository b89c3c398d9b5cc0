"""Tables ruled as in print: operations, and the table of the GoogLeNet paper."""
