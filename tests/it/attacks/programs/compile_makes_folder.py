# Makes a folder in the place of a program.
import os

os.mkdir("main")
