"""The worker beside a gateway: clips in, features and detections out, over MQTT only."""
