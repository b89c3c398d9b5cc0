"""What arrays teach: maps in numbers and compared, how one value comes about, and what each channel contributes."""
