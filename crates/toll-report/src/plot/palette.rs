//! How the lines look: colours that people with any kind of colour vision can tell apart, with
//! markers and dashes beside the colours.

use super::markers::Marker;

/// Okabe and Ito's colours (Color Universal Design, 2008) but for yellow, which vanishes on white,
/// then darker ones after Tol's muted scheme (SRON/EPS/TN/09-002).
pub(crate) const COLOURS: [&str; 10] = [
    "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#332288", "#882255",
    "#999933", "#555555",
];

/// After all colours were used once, the lines are dashed, then dotted.
pub(crate) const DASHES: [&str; 3] = ["", "7 3", "2 3"];

/// The look of one line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Look {
    /// Colour of line and marker.
    pub(crate) colour: &'static str,
    /// Shape of its points.
    pub(crate) marker: Marker,
    /// `stroke-dasharray`, empty for a solid line.
    pub(crate) dash: &'static str,
}

/// The look of the line at that place.
pub(crate) fn look(at: usize) -> Look {
    let dash = DASHES[at / COLOURS.len() % DASHES.len()];
    Look {
        colour: COLOURS[at % COLOURS.len()],
        marker: Marker::ALL[at % Marker::ALL.len()],
        dash,
    }
}

/// The colour mixed with black until small text in it can be read on white (WCAG: contrast of 4.5).
pub(crate) fn readable(colour: &str) -> String {
    let channels = channels(colour);
    let mixed = |share: f64| channels.map(|channel| (f64::from(channel) * share).round() as u8);
    let darkest = mixed(0.4);
    let found = (0..=6)
        .map(|step| mixed(1.0 - 0.1 * f64::from(step)))
        .find(|rgb| contrast_on_white(*rgb) >= 4.5);
    let [r, g, b] = found.unwrap_or(darkest);
    format!("#{r:02x}{g:02x}{b:02x}")
}

fn channels(colour: &str) -> [u8; 3] {
    let channel = |at: usize| {
        colour
            .get(at..at + 2)
            .and_then(|hex| u8::from_str_radix(hex, 16).ok())
            .unwrap_or(0)
    };
    [channel(1), channel(3), channel(5)]
}

/// WCAG 2.2, "contrast ratio" and "relative luminance".
fn contrast_on_white(rgb: [u8; 3]) -> f64 {
    let [r, g, b] = rgb.map(|channel| {
        let share = f64::from(channel) / 255.0;
        if share <= 0.04045 {
            share / 12.92
        } else {
            ((share + 0.055) / 1.055).powf(2.4)
        }
    });
    1.05 / (0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thirty_lines_look_different() {
        let looks: Vec<Look> = (0..30).map(look).collect();
        for (at, one) in looks.iter().enumerate() {
            assert!(
                !looks[..at]
                    .iter()
                    .any(|other| other.colour == one.colour && other.dash == one.dash),
                "line {at}"
            );
        }
    }

    #[test]
    fn every_colour_can_be_made_readable() {
        for colour in COLOURS {
            assert!(
                contrast_on_white(channels(&readable(colour))) >= 4.5,
                "{colour}"
            );
        }
    }
}
