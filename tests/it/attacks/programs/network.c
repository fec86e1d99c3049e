// Tries to reach a listener of the host and looks for interfaces. PORT is filled in by the test.
#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

int main(void) {
    int done = 0;
    struct sockaddr_in host = {.sin_family = AF_INET, .sin_port = htons(PORT)};
    host.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int tcp = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(tcp, (struct sockaddr *)&host, sizeof host) == 0) done = 1, puts("connected");
    int udp = socket(AF_INET, SOCK_DGRAM, 0);
    if (sendto(udp, "hello", 5, 0, (struct sockaddr *)&host, sizeof host) == 5) {
        // Accepted by the container's own loopback at most; the test looks whether it arrived.
        write(udp, "again", 5);
    }
    struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons(PORT), .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    int tcp6 = socket(AF_INET6, SOCK_STREAM, 0);
    if (connect(tcp6, (struct sockaddr *)&six, sizeof six) == 0) done = 1, puts("connected by IPv6");
    if (socket(AF_INET, SOCK_RAW, IPPROTO_ICMP) >= 0) done = 1, puts("raw socket");
    char line[512];
    FILE *interfaces = fopen("/proc/net/dev", "r");
    while (interfaces && fgets(line, sizeof line, interfaces))
        if (strchr(line, ':') && !strstr(line, "lo:")) done = 1, printf("interface %s", line);
    if (!done) puts("refused");
}
