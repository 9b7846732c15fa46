"""Weather stations that push forms over HTTP: Ecowitt, Ambient Weather, Weather Underground."""
