use super::*;

/// Without colours: the process's settings are shared, so they are taken out by hand.
fn plain(text: &str, width: usize) -> String {
    let mut shown = String::new();
    let rendered = render(text, width);
    let mut rest = rendered.chars();
    while let Some(c) = rest.next() {
        if c == '\u{1b}' {
            rest.by_ref().find(|c| *c == 'm');
        } else {
            shown.push(c);
        }
    }
    shown
}

#[test]
fn a_statement_is_laid_out() {
    let text = "\
# Two sums

Given **n** numbers and a *target*, print `yes` or `no`. The time is $O(n \\log n)$.

## Input

1. the first line has `n`
2. the second one has
   - a number
   - another

   and more of the same item

| n | answer |
| - | ------ |
| 1 | yes    |

> Mind the *gap*.

```python
print(1)
  # as it is
```

See [there](http://example.org/x).
";
    insta::assert_snapshot!(plain(text, 40), @r"
    Two sums
    ════════

    Given n numbers and a target, print yes
    or no. The time is O(n \log n).

    Input
    ─────

    1. the first line has n
    2. the second one has
      • a number
      • another

      and more of the same item

     n  answer
     1  yes

    │ Mind the gap.

        print(1)
          # as it is

    See there (http://example.org/x).
    ");
}

#[test]
fn words_keep_their_styles_across_line_ends() {
    let bold = |text: &str| plain(text, 20).lines().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(bold("aaaa **bbbb cccc dddd** eeee"), ["aaaa bbbb cccc dddd", "eeee"]);
    // A word of two styles stays one word.
    assert_eq!(bold("xxxxxxxxxxxx y**ending**s"), ["xxxxxxxxxxxx", "yendings"]);
    let long = "w".repeat(50);
    assert_eq!(bold(&format!("a {long} b")), ["a", &long, "b"]);
    assert_eq!(bold("a  \nb"), ["a", "b"]);
}

#[test]
fn nothing_in_a_statement_drives_the_terminal() {
    let shown = plain("a \u{1b}[31mred\u{7} <script>x</script> `\u{1b}]0;t\u{7}`", 80);
    assert!(!shown.contains(['\u{1b}', '\u{7}']), "{shown:?}");
    assert!(shown.contains("<script>x</script>"), "{shown}");
}

#[test]
fn any_text_is_rendered() {
    for text in
        ["", "\n\n", "- \n-", "| a |\n|-|", "> > > x", "1. \n\n       x", "$", "$$\nx\n$$", "```"]
    {
        render(text, 0);
    }
}
