//! How wide text is, without a font at hand: advances of Inter Regular in thousandths of the size.

/// Advances of the characters from space to tilde.
const ADVANCES: [u16; 95] = [
    281, 278, 403, 631, 638, 812, 639, 222, 362, 362, 500, 659, 280, 460, 276, 357, 625, 464, 605,
    636, 642, 608, 624, 571, 616, 624, 276, 280, 659, 659, 659, 507, 936, 676, 651, 727, 719, 598,
    587, 743, 740, 264, 543, 652, 562, 889, 753, 761, 635, 761, 639, 638, 642, 741, 676, 949, 642,
    665, 625, 362, 357, 362, 469, 452, 497, 564, 621, 558, 621, 582, 361, 609, 591, 237, 237, 544,
    237, 869, 585, 597, 609, 609, 372, 523, 364, 581, 557, 812, 540, 557, 541, 362, 327, 362, 659,
];

/// Of a character outside the table: as wide as the wider letters.
const OTHER: u16 = 700;

/// How many times wider the bold face is than the regular one that is measured here.
pub(super) const BOLD: f64 = 1.06;

/// Width of a line of regular text in pixels.
pub(crate) fn width(text: &str, size: f64) -> f64 {
    let advance = |c: char| {
        (c as usize)
            .checked_sub(32)
            .and_then(|at| ADVANCES.get(at))
            .copied()
            .unwrap_or(OTHER)
    };
    text.chars().map(advance).map(f64::from).sum::<f64>() / 1000.0 * size
}

/// The text in at most `room` pixels, its end replaced by `…`.
pub(super) fn fit(text: &str, size: f64, room: f64) -> String {
    if width(text, size) <= room {
        return text.to_owned();
    }
    let mut out = String::new();
    for c in text.chars() {
        out.push(c);
        if width(&out, size) + width("…", size) > room {
            out.pop();
            break;
        }
    }
    out.push('…');
    out
}

/// The text in at most so many lines of `room` pixels, broken at spaces; the end of what does not fit
/// is replaced by `…`.
pub(super) fn wrap(text: &str, size: f64, room: f64, lines: usize) -> Vec<String> {
    let mut wrapped: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let last = wrapped.len() == lines;
        match wrapped.last_mut() {
            Some(line) if last || width(&format!("{line} {word}"), size) <= room => {
                line.push(' ');
                line.push_str(word);
            }
            _ => wrapped.push(word.to_owned()),
        }
    }
    wrapped.iter().map(|line| fit(line, size, room)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrapped_text_has_its_lines_and_its_words() {
        let text = "one two three four five six seven eight nine ten eleven twelve";
        let lines = wrap(text, 12.0, 120.0, 9);
        assert!(
            lines.len() > 2 && lines.iter().all(|line| width(line, 12.0) <= 120.0),
            "{lines:?}"
        );
        assert_eq!(lines.join(" "), text);
        let two = wrap(text, 12.0, 120.0, 2);
        assert!(two.len() == 2 && two[1].ends_with('…'), "{two:?}");
        assert!(wrap("", 12.0, 120.0, 2).is_empty());
    }

    #[test]
    fn fitted_text_fits() {
        let text = fit("a rather long label 1.2.3", 12.0, 80.0);
        assert!(width(&text, 12.0) <= 80.0 && text.ends_with('…'), "{text}");
        assert_eq!(fit("short", 12.0, 80.0), "short");
    }
}
