//! The tool's own error rates as a table: in a terminal, and as Markdown.

use toll_analysis::selftest::{Planted, Rate, SelfTest};

/// Columns of both tables.
const COLUMNS: [&str; 7] = [
    "planted",
    "comparisons",
    "alarms",
    "share (95 % bound)",
    "cleared / undecided",
    "found, median ± 90 %",
    "rounds, time",
];

/// The rates for a terminal.
pub fn render_selftest(test: &SelfTest) -> String {
    let rows: Vec<[String; 7]> = test.rates.iter().map(row).collect();
    let width = |place: usize| {
        let cells = rows.iter().map(|row| row[place].chars().count());
        cells
            .chain([COLUMNS[place].chars().count()])
            .max()
            .unwrap_or(0)
    };
    let line = |cells: [&str; 7]| {
        let padded = cells.iter().enumerate().map(|(place, cell)| {
            let room = width(place) - cell.chars().count();
            format!("{cell}{}", " ".repeat(room))
        });
        format!("{}\n", padded.collect::<Vec<_>>().join("  ").trim_end())
    };
    let mut out = format!("{}{}\n\n", test.subject, noise(test));
    out += &line(COLUMNS);
    for row in &rows {
        out += &line(row.each_ref().map(String::as_str));
    }
    out
}

/// The same as Markdown.
pub fn selftest_markdown(test: &SelfTest) -> String {
    let line = |cells: &[String]| format!("| {} |", cells.join(" | "));
    let mut lines = vec![
        format!("{}{}", test.subject, noise(test)),
        String::new(),
        line(&COLUMNS.map(str::to_owned)),
        format!("|{}", "---|".repeat(COLUMNS.len())),
    ];
    lines.extend(test.rates.iter().map(|rate| line(&row(rate))));
    lines.join("\n") + "\n"
}

fn noise(test: &SelfTest) -> &'static str {
    if test.noise {
        "; another process burned the same core for 30 % of the time"
    } else {
        ""
    }
}

fn row(rate: &Rate) -> [String; 7] {
    let is_planted = rate.planted != Planted::Nothing;
    let bound = if is_planted {
        format!("≥ {}", percent(rate.low))
    } else {
        format!("≤ {}", percent(rate.high))
    };
    let found = rate.median_found.map_or_else(String::new, |found| {
        let off = rate.off_p90.unwrap_or(0.0);
        let truth = if is_planted {
            format!(" of {:.3}", rate.truth)
        } else {
            String::new()
        };
        format!("{found:+.3}{truth} ± {off:.3}")
    });
    [
        rate.planted.to_string(),
        rate.comparisons.to_string(),
        format!("{}{}", rate.alarms, if is_planted { "" } else { " false" }),
        format!("{} ({bound})", percent(rate.share)),
        format!("{} / {}", rate.cleared, rate.inconclusive + rate.missing),
        found,
        format!(
            "{:.0}, {:.0} s (most {:.0} s)",
            rate.rounds, rate.wall_s, rate.wall_s_max
        ),
    ]
}

fn percent(share: f64) -> String {
    format!("{:.2} %", share * 100.0)
}
