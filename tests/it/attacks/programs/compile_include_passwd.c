// Shows the host's users in the compiler's messages.
#include "/etc/passwd"
#include "/etc/shadow"
#include "/proc/1/environ"
#include "/proc/self/environ"
#include "/proc/self/mountinfo"

int main(void) { return 0; }
