# Makes a file without any rights in the place of a program.
import os

os.close(os.open("main", os.O_CREAT | os.O_WRONLY, 0))
