//! Bodies: the service's are HTML, ours are plain text.

/// Elements that stand in a paragraph of their own.
const PARAGRAPHS: &[&str] = &["p", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "pre", "table"];
/// Elements that stand on lines of their own.
const LINES: &[&str] = &["div", "ul", "ol", "li", "tr", "html", "body", "head", "section", "article", "tbody", "thead"];
/// Elements inside of a line.
const INLINE: &[&str] = &[
    "a", "b", "strong", "i", "em", "u", "s", "del", "strike", "code", "span", "font", "small", "sub", "sup", "img",
    "br", "hr", "td", "th", "mark", "label", "title", "meta", "link", "script", "style", "center", "big", "tt", "kbd",
];

/// Returns a body as HTML: a paragraph for each one of the text.
pub fn of_text(text: &str) -> String {
    let normalized = text.replace("\r\n", "\n");
    let mut html = String::new();
    for paragraph in normalized.split("\n\n").filter(|paragraph| !paragraph.trim().is_empty()) {
        html.push_str("<p>");
        html.push_str(&escape(paragraph.trim_matches('\n')).replace('\n', "<br>"));
        html.push_str("</p>");
    }
    html
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// The most `<` of a text that begin no element. After them, `<` is text: without a limit, each of them would be searched for its end.
const MAX_UNENDED: u32 = 50;

/// Returns the text of a body that may be HTML. A link keeps its address in parentheses, an image leaves its address. What is not a known
/// element or entity stays as it is. Without any element, white space stays too.
pub fn to_text(body: &str) -> String {
    let mut text = Text::default();
    let mut rest = body;
    let mut unended = 0;
    while let Some(at) = rest.find(['<', '&']) {
        text.write(&rest[..at]);
        rest = &rest[at..];
        if let Some((element, after)) = (unended < MAX_UNENDED).then(|| Element::parse(rest)).flatten() {
            text.has_markup = true;
            rest = if element.is_opening && ["script", "style"].contains(&element.name.as_str()) {
                after.find("</").map_or("", |end| &after[end..])
            } else {
                after
            };
            text.apply(&element);
        } else if let Some(comment) = rest.strip_prefix("<!--") {
            text.has_markup = true;
            rest = comment.find("-->").map_or("", |end| &comment[end + 3..]);
        } else if let Some((character, after)) = entity(rest) {
            text.write(character.encode_utf8(&mut [0; 4]));
            rest = after;
        } else {
            unended += u32::from(rest.starts_with('<'));
            let (first, after) = rest.split_at(1);
            text.write(first);
            rest = after;
        }
    }
    text.write(rest);
    if text.has_markup { text.tidy() } else { text.written }
}

#[derive(Default)]
struct Text {
    written: String,
    has_markup: bool,
    /// The address of each open link, and where its text begins.
    links: Vec<(String, usize)>,
}

impl Text {
    fn write(&mut self, text: &str) {
        self.written.push_str(text);
    }

    /// Line breaks of elements are marked, because those of the text itself are white space in HTML.
    fn apply(&mut self, element: &Element) {
        let name = element.name.as_str();
        match name {
            "br" | "hr" => self.written.push(LINE),
            "img" => {
                if let Some(address) = &element.address {
                    self.written.extend([" ", address, " "]);
                }
            }
            "td" | "th" => self.written.push(' '),
            "a" if element.is_opening => {
                self.links.push((element.address.clone().unwrap_or_default(), self.written.len()));
            }
            "a" => {
                if let Some((address, from)) = self.links.pop()
                    && !address.is_empty()
                    && self.written[from..].trim() != address
                {
                    self.written.extend([" (", &address, ")"]);
                }
            }
            "li" if element.is_opening => {
                self.written.push(NEW_LINE);
                self.written.push_str("- ");
            }
            _ if PARAGRAPHS.contains(&name) => self.written.push(PARAGRAPH),
            _ if LINES.contains(&name) => self.written.push(NEW_LINE),
            _ => {}
        }
    }

    /// Replaces the marks by line breaks, and other white space by single spaces.
    fn tidy(self) -> String {
        let mut text = String::new();
        let (mut breaks, mut has_space) = (0, false);
        for c in self.written.chars() {
            match c {
                LINE => breaks += 1,
                NEW_LINE => breaks = breaks.max(1),
                PARAGRAPH => breaks = breaks.max(2),
                // A space that was written as an entity stays.
                c if c.is_ascii_whitespace() => has_space = true,
                c => {
                    if text.is_empty() {
                    } else if breaks > 0 {
                        text.extend(std::iter::repeat_n('\n', breaks));
                    } else if has_space {
                        text.push(' ');
                    }
                    (breaks, has_space) = (0, false);
                    text.push(c);
                }
            }
        }
        text
    }
}

// Noncharacters, which no text has.
const LINE: char = '\u{fdd0}';
const NEW_LINE: char = '\u{fdd1}';
const PARAGRAPH: char = '\u{fdd2}';

/// A tag of a known element.
struct Element {
    name: String,
    is_opening: bool,
    /// The value of `href` or `src`.
    address: Option<String>,
}

impl Element {
    /// Parses the tag at the start of a text, and returns what follows it.
    fn parse(text: &str) -> Option<(Self, &str)> {
        let inside = text.strip_prefix('<')?;
        let (is_opening, inside) = inside.strip_prefix('/').map_or((true, inside), |inside| (false, inside));
        let end = inside.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(inside.len());
        let (name, attributes) = inside.split_at(end);
        let name = name.to_ascii_lowercase();
        let is_known = [PARAGRAPHS, LINES, INLINE].iter().any(|names| names.contains(&name.as_str()));
        let follows = attributes.starts_with(|c: char| c.is_ascii_whitespace() || c == '>' || c == '/');
        if !is_known || !follows {
            return None;
        }
        let end = end_of_tag(attributes)?;
        let (attributes, after) = (&attributes[..end], &attributes[end + 1..]);
        let address = attribute(attributes, "href").or_else(|| attribute(attributes, "src"));
        Some((Self { name, is_opening, address }, after))
    }
}

/// Returns the position of the `>` that ends a tag. One in a quoted value does not.
fn end_of_tag(attributes: &str) -> Option<usize> {
    let mut quote = None;
    for (at, c) in attributes.char_indices() {
        match (quote, c) {
            (None, '>') => return Some(at),
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), c) if open == c => quote = None,
            _ => {}
        }
    }
    None
}

fn attribute(attributes: &str, name: &str) -> Option<String> {
    let at = attributes.to_ascii_lowercase().find(&format!(" {name}="))? + name.len() + 2;
    let value = attributes.get(at..)?;
    let quote = value.chars().next().filter(|c| ['"', '\''].contains(c));
    let value = match quote {
        Some(quote) => value[1..].split(quote).next(),
        None => value.split_ascii_whitespace().next(),
    };
    value.map(decode).filter(|value| !value.is_empty())
}

/// Replaces the entities of a text.
fn decode(text: &str) -> String {
    let mut decoded = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        decoded.push_str(&rest[..at]);
        rest = &rest[at..];
        if let Some((character, after)) = entity(rest) {
            decoded.push(character);
            rest = after;
        } else {
            decoded.push('&');
            rest = &rest[1..];
        }
    }
    decoded.push_str(rest);
    decoded
}

/// The most bytes of an entity. Without a limit, a text of `&` alone would be searched once for each of them.
const MAX_ENTITY: usize = 12;

/// Parses the entity at the start of a text, which begins with `&`, and returns what follows it.
fn entity(text: &str) -> Option<(char, &str)> {
    let end = text.bytes().take(MAX_ENTITY).position(|byte| byte == b';')?;
    let (name, after) = (text.get(1..end)?, &text[end + 1..]);
    let number = |digits: &str, radix| u32::from_str_radix(digits, radix).ok().and_then(char::from_u32);
    let character = match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => '\u{a0}',
        "ndash" => '–',
        "mdash" => '—',
        "hellip" => '…',
        "euro" => '€',
        _ => match name.strip_prefix('#')? {
            hex if hex.starts_with(['x', 'X']) => number(&hex[1..], 16)?,
            digits => number(digits, 10)?,
        },
    };
    Some((character, after))
}

#[cfg(test)]
mod tests {
    use super::{of_text, to_text};

    #[test]
    fn text_becomes_paragraphs() {
        assert_eq!(of_text("Hi"), "<p>Hi</p>");
        assert_eq!(of_text("a\nb\n\nc <b> & \"d\""), "<p>a<br>b</p><p>c &lt;b&gt; &amp; &quot;d&quot;</p>");
    }

    #[test]
    fn markup_becomes_text() {
        for (html, text) in [
            ("<p>Hi</p>", "Hi"),
            ("<p>a<br>b</p>\n<p>c</p>", "a\nb\n\nc"),
            ("<h2>List</h2> <ul>\n <li>Tea</li> <li>Milk</li> </ul> end", "List\n\n- Tea\n- Milk\nend"),
            ("see <a href=\"https://a.example/?b=1&amp;c=2\">this</a>", "see this (https://a.example/?b=1&c=2)"),
            ("<a href='https://a.example'>https://a.example</a>", "https://a.example"),
            ("<img alt='>' src=\"https://a.example/b.png\">", "https://a.example/b.png"),
            ("a<script>alert(1)</script>b<!-- c -->", "ab"),
            ("<p>1 &lt; 2 &amp;amp; &#x41;&#66;</p>", "1 < 2 &amp; AB"),
        ] {
            assert_eq!(to_text(html), text, "{html}");
        }
    }

    #[test]
    fn plain_text_stays() {
        for text in ["a\n b  c", "1 < 2 & 3 > 2", "<unknown>", "x <- y", "<p", "a <b", "&nothing;"] {
            assert_eq!(to_text(text), text);
        }
    }

    #[test]
    fn hostile_text_takes_linear_time() {
        for part in ["&", "<b ", "<", "<!", "<a href='", "<p>", "&#"] {
            let text = part.repeat(256 * 1024 / part.len());
            assert!(to_text(&text).len() <= text.len() * 2, "{part}");
        }
    }

    #[test]
    fn text_survives_both_ways() {
        for text in ["Hi", "a\nb\n\nc", "1 < 2 & \"3\"", "<script>alert(1)</script>"] {
            assert_eq!(to_text(&of_text(text)), text);
        }
    }
}
