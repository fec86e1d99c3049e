//! Statements: the one that a reader wants, and HTML of Markdown that is safe to show.

use super::{StoredProblem, files::at, native::DEFAULT_TONGUE};
use crate::judge::StatementFormat;
use ammonia::{Builder, UrlRelative};
use pulldown_cmark::{CowStr, Event, Options, Parser, Tag, html};
use std::{borrow::Cow, collections::HashSet, fmt, fs, io, str::FromStr};

/// The largest picture that is put into HTML, in bytes; it is a third longer there.
const MAX_PICTURE_BYTES: u64 = 4 << 20;

/// The form in which a statement is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// As it was written, in this format.
    Source(StatementFormat),
    /// HTML made of the Markdown.
    Html,
}

impl Form {
    /// The format that it is made of.
    fn source(self) -> StatementFormat {
        match self {
            Self::Source(format) => format,
            Self::Html => StatementFormat::Md,
        }
    }
}

impl FromStr for Form {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Ok(match text {
            "md" => Self::Source(StatementFormat::Md),
            "tex" => Self::Source(StatementFormat::Tex),
            "pdf" => Self::Source(StatementFormat::Pdf),
            "html" => Self::Html,
            _ => return Err(()),
        })
    }
}

/// A statement in one language and one form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// Its form.
    pub form: Form,
    /// Its language, such as `en`.
    pub language: String,
    /// Its bytes; Markdown, TeX and HTML are UTF-8.
    pub bytes: Vec<u8>,
}

/// A statement that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// Its language.
    pub language: String,
    /// The format that it was written in.
    pub format: StatementFormat,
    /// Its file, below the package.
    path: String,
}

impl fmt::Display for Offer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let format = match self.format {
            StatementFormat::Md => "md",
            StatementFormat::Tex => "tex",
            StatementFormat::Pdf => "pdf",
        };
        write!(f, "{format} in {}", self.language)
    }
}

impl StoredProblem {
    /// All statements, the package's own first.
    pub fn statements(&self) -> Vec<Offer> {
        let own = self.problem.about.language.as_deref().unwrap_or(DEFAULT_TONGUE);
        let main = Offer {
            language: own.to_owned(),
            format: StatementFormat::Md,
            path: super::native::STATEMENT.to_owned(),
        };
        let further = self.problem.statements.iter().map(|file| Offer {
            language: file.language.clone(),
            format: file.format,
            path: format!("statements/{}", file.path),
        });
        [main].into_iter().chain(further).collect()
    }

    /// The statement in this form and language: the very language, else a variant of it (`pt` and
    /// `pt-BR`), in any case. Without a language it is the package's own if there is one in this form,
    /// else any. `None` where there is none. Fails when the disk does.
    pub fn statement(&self, form: Form, language: Option<&str>) -> io::Result<Option<Statement>> {
        let mut offers = self.statements();
        offers.retain(|offer| offer.format == form.source());
        let main = self.problem.about.language.as_deref().unwrap_or(DEFAULT_TONGUE);
        let wanted = language.unwrap_or(main);
        let same = |offer: &&Offer| offer.language.eq_ignore_ascii_case(wanted);
        let kin = |offer: &&Offer| primary(&offer.language).eq_ignore_ascii_case(primary(wanted));
        let found = offers.iter().find(same).or_else(|| offers.iter().find(kin));
        let any = || offers.first().filter(|_| language.is_none());
        let Some(offer) = found.or_else(any) else { return Ok(None) };
        let path = self.dir.join(&offer.path);
        let bytes = fs::read(&path).map_err(at(&path))?;
        let language = offer.language.clone();
        let bytes = match form {
            Form::Source(_) => bytes,
            Form::Html => {
                let text = String::from_utf8_lossy(&bytes);
                let body = to_html(&text, |name| self.picture(name));
                page(&self.problem.title, &language, &body).into_bytes()
            }
        };
        Ok(Some(Statement { form, language, bytes }))
    }

    /// A picture that a statement names, as an address that holds its bytes.
    fn picture(&self, name: &str) -> Option<String> {
        let name = name.strip_prefix("./").unwrap_or(name);
        let plain = |part: &str| !part.is_empty() && !part.starts_with('.');
        let kind = match name.rsplit_once('.')?.1.to_ascii_lowercase().as_str() {
            "png" => "png",
            "jpg" | "jpeg" => "jpeg",
            "gif" => "gif",
            "webp" => "webp",
            "svg" => "svg+xml",
            _ => return None,
        };
        if !name.split('/').all(plain) {
            return None;
        }
        let path = self.dir.join("statements").join(name);
        let meta = fs::symlink_metadata(&path).ok()?;
        if !meta.is_file() || meta.len() > MAX_PICTURE_BYTES {
            return None;
        }
        let bytes = fs::read(&path).ok()?;
        Some(format!("data:image/{kind};base64,{}", base64(&bytes)))
    }
}

/// The first part of a language's name.
fn primary(language: &str) -> &str {
    language.split(['-', '_']).next().unwrap_or(language)
}

/// Sanitised HTML of Markdown: no scripts, styles, forms, frames or event handlers, and no links but to
/// the web and mail addresses. Formulas stay as they were written, between their dollars. `picture` gives
/// the address of a picture that the text names by a path; one without an address is shown by its words.
pub fn to_html(markdown: &str, picture: impl Fn(&str) -> Option<String>) -> String {
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_MATH;
    let events = Parser::new_ext(markdown, options).flat_map(|event| match event {
        Event::InlineMath(formula) => math(&format!("${formula}$")),
        Event::DisplayMath(formula) => math(&format!("$${formula}$$")),
        Event::Start(Tag::Image { link_type, dest_url, title, id }) => {
            let dest_url = picture(&dest_url).map_or(dest_url, CowStr::from);
            vec![Event::Start(Tag::Image { link_type, dest_url, title, id })]
        }
        other => vec![other],
    });
    let mut rendered = String::new();
    html::push_html(&mut rendered, events);
    sanitiser().clean(&rendered).to_string()
}

fn math(formula: &str) -> Vec<Event<'static>> {
    vec![
        Event::InlineHtml(CowStr::from("<span class=\"math\">")),
        Event::Text(CowStr::from(formula.to_owned())),
        Event::InlineHtml(CowStr::from("</span>")),
    ]
}

fn sanitiser() -> Builder<'static> {
    let mut builder = Builder::default();
    builder
        .url_schemes(HashSet::from(["http", "https", "mailto", "data"]))
        // An address without a scheme would be one of the daemon's own.
        .url_relative(UrlRelative::Deny)
        .add_allowed_classes("span", ["math"])
        .attribute_filter(|element, attribute, value| {
            let data = value.trim_start().get(..5).is_some_and(|s| s.eq_ignore_ascii_case("data:"));
            let own = (element, attribute) == ("img", "src") && value.starts_with("data:image/");
            (!data || own).then_some(Cow::Borrowed(value))
        });
    builder
}

fn page(title: &str, language: &str, body: &str) -> String {
    let (title, language) = (ammonia::clean_text(title), ammonia::clean_text(language));
    format!(
        "<!DOCTYPE html>\n<html lang=\"{language}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <title>{title}</title>\n</head>\n<body>\n{body}</body>\n</html>\n"
    )
}

/// The bytes in base 64, with padding.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let group = chunk.iter().fold(0, |group, &byte| group << 8 | u32::from(byte));
        let group = group << (8 * (3 - chunk.len()));
        for place in 0..4 {
            let digit = char::from(DIGITS[(group >> (18 - 6 * place)) as usize & 63]);
            text.push(if place <= chunk.len() { digit } else { '=' });
        }
    }
    text
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // A test may panic.
mod tests {
    use super::*;

    fn html(markdown: &str) -> String {
        to_html(markdown, |_| None)
    }

    #[test]
    fn what_runs_or_leads_astray_is_gone() {
        for attack in [
            "<script>alert(1)</script>",
            "<SCRIPT SRC=https://evil.example/x.js></SCRIPT>",
            "<scr<script>ipt>alert(1)</scr</script>ipt>",
            "<img src=x onerror=alert(1)>",
            "<img src=\"javascript:alert(1)\">",
            "<img src=\"data:text/html;base64,PHNjcmlwdD4=\">",
            "![x](javascript:alert(1))",
            "![x](data:text/html,<script>alert(1)</script>)",
            "[x](javascript:alert(1))",
            "[x](JaVaScRiPt:alert(1))",
            "[x](<java\tscript:alert(1)>)",
            "[x](java&#10;script:alert(1))",
            "[x](vbscript:msgbox(1))",
            "[x](data:text/html,<script>alert(1)</script>)",
            "<a href=\" data:text/html,x\">x</a>",
            "<a href=\"&#106;avascript:alert(1)\">x</a>",
            "<a href=\"https://a.example\" onclick=\"alert(1)\">x</a>",
            "<svg onload=alert(1)><script>alert(1)</script></svg>",
            "<svg><a xlink:href=\"javascript:alert(1)\"><text>x</text></a></svg>",
            "<math><mtext><script>alert(1)</script></mtext></math>",
            "<iframe src=\"javascript:alert(1)\"></iframe>",
            "<iframe srcdoc=\"<script>alert(1)</script>\"></iframe>",
            "<object data=\"javascript:alert(1)\"></object>",
            "<embed src=\"javascript:alert(1)\">",
            "<form action=\"javascript:alert(1)\"><input type=submit></form>",
            "<button formaction=\"javascript:alert(1)\">x</button>",
            "<body onload=alert(1)>",
            "<style>@import 'javascript:alert(1)';</style>",
            "<p style=\"background:url(javascript:alert(1))\">x</p>",
            "<link rel=stylesheet href=\"javascript:alert(1)\">",
            "<meta http-equiv=refresh content=\"0;url=javascript:alert(1)\">",
            "<base href=\"javascript:alert(1)//\">",
            "<template><script>alert(1)</script></template>",
            "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">",
            "<details open ontoggle=alert(1)>x</details>",
            "<video><source onerror=\"alert(1)\"></video>",
            "$<script>alert(1)</script>$",
            "`<script>alert(1)</script>`",
            "<!--<img src=x onerror=alert(1)>-->",
            "<![CDATA[<script>alert(1)</script>]]>",
            "<?x <script>alert(1)</script> ?>",
            "<x:script xmlns:x=\"http://www.w3.org/1999/xhtml\">alert(1)</x:script>",
        ] {
            let safe = html(attack);
            let lower = safe.to_ascii_lowercase();
            for trace in [
                "<script",
                "javascript:",
                "vbscript:",
                "data:",
                "<iframe",
                "<object",
                "<embed",
                "<form",
                "<button",
                "<input",
                "<style",
                "<svg",
                "<link",
                "<meta",
                "<base",
                "<body",
                "<template",
                "style=",
                "srcdoc",
                "xlink",
            ] {
                // What is told of in text is no more than that.
                let told = safe.contains("&lt;") && trace.starts_with(['j', 'd', 'v']);
                assert!(told || !lower.contains(trace), "{trace} is left of {attack}:\n{safe}");
            }
            let tags = lower.split('<').skip(1).map(|tag| tag.split('>').next().unwrap());
            assert!(!{ tags }.any(|tag| tag.contains(" on")), "{attack}:\n{safe}");
        }
    }

    #[test]
    fn what_a_statement_is_made_of_stays() {
        let safe = html(
            "# Sum\n\nAdd **two** *numbers* $a_1 * b_1 < 10^{9}$ and $$\\sum_{i=1}^n a_i$$.\n\n\
             | in | out |\n|---|---|\n| `1 2` | 3 |\n\n- [more](https://a.example/x?a=1&b=2)\n\n\
             ```\n1 < 2\n```\n<b>raw</b> ~~old~~\n",
        );
        for part in [
            "<h1>Sum</h1>",
            "<strong>two</strong> <em>numbers</em>",
            "<span class=\"math\">$a_1 * b_1 &lt; 10^{9}$</span>",
            "<span class=\"math\">$$\\sum_{i=1}^n a_i$$</span>",
            "<td><code>1 2</code></td>",
            "<a href=\"https://a.example/x?a=1&amp;b=2\" rel=\"noopener noreferrer\">more</a>",
            "<pre><code>1 &lt; 2\n</code></pre>",
            "<b>raw</b> <del>old</del>",
        ] {
            assert!(safe.contains(part), "{part}:\n{safe}");
        }
    }

    #[test]
    fn pictures_of_the_package_are_in_the_text() {
        let picture = |name: &str| {
            (name == "a.png").then(|| format!("data:image/png;base64,{}", base64(b"\x89PNG")))
        };
        let safe = to_html("![an a](a.png) ![b](../b.png)", picture);
        assert!(safe.contains("src=\"data:image/png;base64,iVBORw==\""), "{safe}");
        assert!(!safe.contains("b.png"), "{safe}");
    }

    #[test]
    fn base_64() {
        for (bytes, text) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v")] {
            assert_eq!(base64(bytes.as_bytes()), text);
        }
        assert_eq!(base64(&[0xfb, 0xff, 0xfe, 0xff]), "+//+/w==");
    }

    #[test]
    fn a_page_has_its_title_as_text() {
        let page = page("</title><script>alert(1)</script>", "\"><x>", "<p>x</p>\n");
        assert!(!page.contains("<script") && !page.contains("<x>"), "{page}");
    }
}
