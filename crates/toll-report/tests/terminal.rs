//! The terminal's table as it is read.

mod fixtures;

use toll_report::{TerminalStyle, render_table};
use unicode_width::UnicodeWidthStr;

fn plain(width: usize) -> TerminalStyle {
    TerminalStyle {
        width,
        ..TerminalStyle::default()
    }
}

#[test]
fn wide() {
    insta::assert_snapshot!(render_table(&fixtures::today(), &plain(140)));
}

#[test]
fn hundred_columns() {
    insta::assert_snapshot!(render_table(&fixtures::today(), &plain(100)));
}

#[test]
fn eighty_columns_with_failures() {
    insta::assert_snapshot!(render_table(&fixtures::some_failed(), &plain(80)));
}

#[test]
fn sixty_columns_in_ascii() {
    let style = TerminalStyle {
        width: 60,
        colour: false,
        unicode: false,
    };
    let text = render_table(&fixtures::some_failed(), &style);
    assert!(text.is_ascii());
    insta::assert_snapshot!(text);
}

#[test]
fn in_colour() {
    let style = TerminalStyle {
        width: 100,
        colour: true,
        unicode: true,
    };
    let text = render_table(&fixtures::some_failed(), &style);
    insta::assert_snapshot!(text.replace('\u{1b}', "␛"));
}

#[test]
fn all_failed() {
    insta::assert_snapshot!(render_table(&fixtures::all_failed(), &plain(100)));
}

#[test]
fn tolls_of_every_size() {
    insta::assert_snapshot!(render_table(&fixtures::huge_range(), &plain(100)));
}

#[test]
fn nothing_measured() {
    insta::assert_snapshot!(render_table(&fixtures::empty(), &plain(100)));
}

#[test]
fn direct_and_counts() {
    insta::assert_snapshot!(render_table(&fixtures::ladder(), &plain(130)));
}

#[test]
fn all_three_instruments_with_failures_of_single_ones() {
    insta::assert_snapshot!(render_table(&fixtures::everything(), &plain(100)));
}

#[test]
fn direct_with_a_layer_that_sleeps() {
    insta::assert_snapshot!(render_table(&fixtures::direct_only(), &plain(120)));
}

#[test]
fn counts_in_ascii() {
    let style = TerminalStyle {
        width: 72,
        colour: false,
        unicode: false,
    };
    let text = render_table(&fixtures::counts_only(), &style);
    assert!(text.is_ascii());
    insta::assert_snapshot!(text);
}

#[test]
fn forty_columns_keep_the_tolls() {
    insta::assert_snapshot!(render_table(&fixtures::ladder(), &plain(40)));
}

/// Counts and times may bend differently, and each table says what its instrument saw.
#[test]
fn every_table_shows_the_shape_of_its_own_instrument() {
    let text = render_table(&fixtures::everything(), &plain(140));
    let (_, counts) = text
        .split_once("\ncounts: ")
        .expect("the tables are headed");
    assert!(counts.contains("superlinear n^1.9"), "{counts}");
}

#[test]
fn releases_are_told_apart_at_any_width() {
    for width in 40..130 {
        let text = render_table(&fixtures::ladder(), &plain(width));
        for version in ["0.20.4", "0.21.0", "0.38.2", "0.38.3", "1.10.0"] {
            let row = |line: &&str| line.starts_with("starlette ") && line.contains(version);
            assert!(
                text.lines().filter(row).count() >= 2,
                "{version} at {width}: {text}"
            );
        }
    }
}

#[test]
fn no_line_is_wider_than_the_terminal_and_without_colour_there_are_no_codes() {
    for (name, analysis) in fixtures::all() {
        for width in [40, 50, 64, 79, 80, 99, 100, 120, 160, 240] {
            let text = render_table(&analysis, &plain(width));
            assert!(!text.contains('\u{1b}'), "{name} at {width}");
            for line in text.lines() {
                assert!(line.width() <= width, "{name} at {width}: {line}");
            }
        }
    }
}

#[test]
fn colour_changes_nothing_but_the_colour() {
    for (name, analysis) in fixtures::all() {
        let coloured = render_table(
            &analysis,
            &TerminalStyle {
                colour: true,
                ..plain(100)
            },
        );
        let mut stripped = String::new();
        for piece in coloured.split('\u{1b}') {
            let rest = piece
                .strip_prefix('[')
                .and_then(|rest| rest.split_once('m'));
            stripped += rest.map_or(piece, |(_, text)| text);
        }
        let trimmed = |text: &str| {
            text.lines()
                .map(str::trim_end)
                .collect::<Vec<_>>()
                .join("\n")
        };
        assert_eq!(
            trimmed(&stripped),
            trimmed(&render_table(&analysis, &plain(100))),
            "{name}"
        );
    }
}

#[test]
fn another_generator_and_its_windows_are_told() {
    let text = render_table(&fixtures::external(), &plain(140));
    for part in [
        "sent by bombardier v1.2.6",
        "windows p99/s",
        "×1.62 → ",
        "what the original plotted",
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
    assert!(!render_table(&fixtures::today(), &plain(200)).contains("windows"));
}
