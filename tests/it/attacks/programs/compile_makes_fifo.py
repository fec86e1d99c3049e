# Makes a pipe in the place of a program.
import os

os.mkfifo("main")
