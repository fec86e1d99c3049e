import collections
import itertools
import re
import string
import sys
from typing import *
