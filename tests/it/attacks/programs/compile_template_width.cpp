// A type whose name doubles in length at each of forty levels, and a mistake that makes the compiler
// write it out. No bound on depth stops that, only the limits do.
template <class A, class B> struct Pair {};
template <int level> struct Tree {
    using Type = Pair<typename Tree<level - 1>::Type, typename Tree<level - 1>::Type>;
};
template <> struct Tree<0> { using Type = int; };

int main() {
    Tree<40>::Type tree;
    return tree;
}
