"""What `import imuhip` promises those who write scripts: sessions, angles, repetitions."""
