"""Files of weather stations, soil loggers and recorders whose header says what each column is."""
