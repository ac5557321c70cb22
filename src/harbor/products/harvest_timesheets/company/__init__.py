"""The company: one account of Harvest, how it writes times, dates and money, and how it rounds."""
