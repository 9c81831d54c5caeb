"""Bluetooth Low Energy: radio, links, kits, and how a sensor is set up and found."""
