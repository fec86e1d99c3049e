#include <algorithm>
#include <cstdio>
#include <map>
#include <vector>
using namespace std;
