//! Writing SVG: elements with attributes, text escaped.

use std::fmt::{Display, Write as _};

use crate::xml::escape;

/// A drawing that grows.
pub(super) struct Svg {
    width: f64,
    height: f64,
    body: String,
}

/// How text is set.
#[derive(Debug, Clone, Copy)]
pub(super) struct Font<'a> {
    /// Size in pixels.
    pub(super) size: f64,
    /// Fill colour.
    pub(super) colour: &'a str,
    /// Whether it is bold.
    pub(super) bold: bool,
    /// `start`, `middle` or `end`.
    pub(super) anchor: &'static str,
}

/// One element without content.
pub(super) struct Tag(String);

impl Tag {
    /// An element of that name.
    pub(super) fn new(name: &str) -> Self {
        Self(format!("<{name}"))
    }

    /// With a number, at a hundredth of a pixel.
    pub(super) fn num(mut self, name: &str, value: f64) -> Self {
        let _ = write!(self.0, " {name}=\"{}\"", Number(value));
        self
    }

    /// With any other attribute.
    pub(super) fn attr(mut self, name: &str, value: &str) -> Self {
        let _ = write!(self.0, " {name}=\"{}\"", escape(value));
        self
    }
}

impl Svg {
    /// An empty drawing of that size on white.
    pub(super) fn new(width: f64, height: f64) -> Self {
        Self {
            width,
            height,
            body: String::new(),
        }
    }

    /// Adds an element.
    pub(super) fn push(&mut self, Tag(text): Tag) {
        self.body += &text;
        self.body += "/>\n";
    }

    /// Adds a line of text, its baseline at `y`.
    pub(super) fn text(&mut self, x: f64, y: f64, font: Font<'_>, content: &str) {
        let weight = if font.bold { "700" } else { "400" };
        let tag = Tag::new("text")
            .num("x", x)
            .num("y", y)
            .num("font-size", font.size)
            .attr("font-weight", weight)
            .attr("fill", font.colour)
            .attr("text-anchor", font.anchor);
        let _ = writeln!(self.body, "{}>{}</text>", tag.0, escape(content));
    }

    /// Adds a line of text that is turned by a quarter, upwards.
    pub(super) fn turned(&mut self, x: f64, y: f64, font: Font<'_>, content: &str) {
        let _ = write!(
            self.body,
            "<g transform=\"translate({} {}) rotate(-90)\">",
            Number(x),
            Number(y)
        );
        self.text(0.0, 0.0, font, content);
        self.body += "</g>\n";
    }

    /// The whole document.
    pub(super) fn finish(self) -> String {
        let (width, height) = (Number(self.width), Number(self.height));
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" \
             font-family=\"Inter, sans-serif\">\n<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n{}</svg>\n",
            self.body
        )
    }
}

/// A number in an attribute: two decimals, none that are zero.
struct Number(f64);

impl Display for Number {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let text = format!("{:.2}", self.0);
        f.write_str(text.trim_end_matches('0').trim_end_matches('.'))
    }
}

/// `x,y x,y …` for lines and polygons.
pub(super) fn points(points: impl IntoIterator<Item = (f64, f64)>) -> String {
    let pairs: Vec<String> = points
        .into_iter()
        .map(|(x, y)| format!("{},{}", Number(x), Number(y)))
        .collect();
    pairs.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        assert_eq!(points([(1.0, 2.5), (100.0, -0.126)]), "1,2.5 100,-0.13");
    }
}
