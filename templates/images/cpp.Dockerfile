# C++ with the GNU compiler, and the header that most programs include compiled once for each standard. A compiler
# takes it only for programs that are compiled with the same options as here.
ARG BASE=gcc:13
FROM ${BASE}
RUN header=$(echo '#include <bits/stdc++.h>' | g++ -x c++ -E - | sed -n 's/^# 1 "\(.*bits\/stdc++\.h\)".*/\1/p' | head -n 1) \
    && mkdir "$header.gch" \
    && for standard in 17 20 23; do \
        g++ -O2 -std=gnu++$standard -pipe -DONLINE_JUDGE -x c++-header -o "$header.gch/gnu++$standard" "$header" || exit 1; \
    done
