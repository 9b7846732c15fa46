"""What people who listened say of a detector: which detections are drawn, their answers, what follows."""
