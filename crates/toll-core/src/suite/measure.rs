//! `[measure]` → settings.

use std::ops::RangeInclusive;

use toml::Spanned;

use super::{Overrides, housing, sender};
use crate::diagnostic::{Diagnostic, Source};
use crate::load_tool::LoadTool;
use crate::settings::Settings;
use crate::wire::Scalar;
use crate::wire::suite::{File, Measure};

/// A key whose value is a whole number.
struct Whole {
    key: &'static str,
    /// Its lowest and its highest value, both of which fit the setting.
    allowed: RangeInclusive<i64>,
    written: fn(&Measure) -> Option<&Spanned<i64>>,
    set: fn(&mut Settings, i64),
}

const WHOLES: [Whole; 13] = [
    Whole {
        key: "connections",
        allowed: 1..=1_000,
        written: |measure| measure.connections.as_ref(),
        set: |settings, number| settings.connections = number as u32,
    },
    Whole {
        key: "slice-ms",
        allowed: 5..=600_000,
        written: |measure| measure.slice_ms.as_ref(),
        set: |settings, number| settings.slice_ms = number as u64,
    },
    Whole {
        key: "blocks",
        allowed: 1..=1_000,
        written: |measure| measure.blocks.as_ref(),
        set: |settings, number| settings.blocks = number as u32,
    },
    Whole {
        key: "rounds",
        allowed: 1..=1_000,
        written: |measure| measure.rounds.as_ref(),
        set: |settings, number| settings.rounds_min = number as u32,
    },
    Whole {
        key: "max-rounds",
        allowed: 1..=1_000,
        written: |measure| measure.max_rounds.as_ref(),
        set: |settings, number| settings.rounds_max = number as u32,
    },
    Whole {
        key: "warmup-ms",
        allowed: 0..=60_000,
        written: |measure| measure.warmup_ms.as_ref(),
        set: |settings, number| settings.warmup_ms = number as u64,
    },
    Whole {
        key: "timeout-ms",
        allowed: 10..=600_000,
        written: |measure| measure.timeout_ms.as_ref(),
        set: |settings, number| settings.timeout_ms = number as u64,
    },
    Whole {
        key: "start-timeout-ms",
        allowed: 100..=600_000,
        written: |measure| measure.start_timeout_ms.as_ref(),
        set: |settings, number| settings.start_timeout_ms = number as u64,
    },
    Whole {
        key: "direct-slice-ms",
        allowed: 1..=5_000,
        written: |measure| measure.direct_slice_ms.as_ref(),
        set: |settings, number| settings.direct_slice_ms = number as u64,
    },
    Whole {
        key: "direct-blocks",
        allowed: 1..=1_000,
        written: |measure| measure.direct_blocks.as_ref(),
        set: |settings, number| settings.direct_blocks = number as u32,
    },
    Whole {
        key: "count-rounds",
        allowed: 1..=100,
        written: |measure| measure.count_rounds.as_ref(),
        set: |settings, number| settings.count_rounds = number as u32,
    },
    Whole {
        key: "count-repeats",
        allowed: 1..=1_000,
        written: |measure| measure.count_repeats.as_ref(),
        set: |settings, number| settings.count_repeats = number as u32,
    },
    Whole {
        key: "memory-mib",
        allowed: 32..=1_048_576,
        written: |measure| measure.memory_mib.as_ref(),
        set: |settings, number| {
            if let Some(containers) = &mut settings.containers {
                containers.memory_mib = number as u64;
            }
        },
    },
];

impl Whole {
    fn read(&self, source: Source<'_>, written: &Spanned<i64>) -> Result<i64, Diagnostic> {
        let number = *written.get_ref();
        if self.allowed.contains(&number) {
            return Ok(number);
        }
        let (key, least, most) = (self.key, self.allowed.start(), self.allowed.end());
        let message = format!("`{key}` must lie between {least} and {most}");
        Err(source.at(written.span(), message))
    }
}

pub(super) fn settings(
    source: Source<'_>,
    file: &File,
    tools: &[LoadTool],
    overrides: Overrides<'_>,
) -> Result<Settings, Diagnostic> {
    let none = Measure::default();
    let written = file.measure.as_ref().unwrap_or(&none);
    let tool = sender::of(source, file, tools, overrides.load)?;
    let mut settings = tool.map_or_else(Settings::default, sender::defaults);
    settings.containers = housing::containers(source, file, overrides.provisioner)?;
    for whole in &WHOLES {
        if let Some(number) = (whole.written)(written) {
            (whole.set)(&mut settings, whole.read(source, number)?);
        }
    }
    rounds(source, written, &mut settings)?;
    settings.transport = housing::transport(source, written, settings.containers.is_some(), tool)?;
    if let (Some(transport), Some(tool)) = (&written.transport, tool) {
        sender::reaches(source, tool, settings.transport, transport.span())?;
    }
    if let Some(precision) = &written.precision {
        settings.precision = read(source, precision, share)?;
    }
    if let Some(budget) = &written.budget {
        settings.budget_s = read(source, budget, seconds)?;
    }
    if let Some(tool) = tool {
        settings.slice_ms = settings.slice_ms.max(tool.shortest_ms);
    }
    Ok(settings)
}

/// A suite that sets only one end of the rounds moves the other end along.
fn rounds(
    source: Source<'_>,
    written: &Measure,
    settings: &mut Settings,
) -> Result<(), Diagnostic> {
    if settings.rounds_min <= settings.rounds_max {
        return Ok(());
    }
    match (&written.rounds, &written.max_rounds) {
        (Some(_), Some(most)) => {
            let message = format!(
                "`max-rounds` is less than `rounds`, which is {}",
                settings.rounds_min
            );
            Err(source.at(most.span(), message))
        }
        (Some(_), None) => {
            settings.rounds_max = settings.rounds_min;
            Ok(())
        }
        (None, _) => {
            settings.rounds_min = settings.rounds_max;
            Ok(())
        }
    }
}

fn read<T>(
    source: Source<'_>,
    written: &Spanned<Scalar>,
    reader: fn(&Scalar) -> Result<T, String>,
) -> Result<T, Diagnostic> {
    reader(written.get_ref()).map_err(|message| source.at(written.span(), message))
}

fn share(written: &Scalar) -> Result<f64, String> {
    match written {
        Scalar::Number(number) => share_in_range(Some(*number)),
        Scalar::Text(text) => precision(text),
    }
}

fn seconds(written: &Scalar) -> Result<u64, String> {
    match written {
        Scalar::Number(number) => {
            seconds_in_range((*number >= 0.0).then_some(number.round() as u64))
        }
        Scalar::Text(text) => budget(text),
    }
}

/// Reads a precision such as `5%` or `0.05` as a share of the toll.
///
/// # Errors
/// In words: it is no share, or out of range.
pub fn precision(text: &str) -> Result<f64, String> {
    share_in_range(match text.trim().strip_suffix('%') {
        Some(percent) => percent
            .trim()
            .parse::<f64>()
            .ok()
            .map(|percent| percent / 100.0),
        None => text.trim().parse().ok(),
    })
}

/// Reads a budget such as `90s`, `10m`, `1h30m` or `600` as whole seconds.
///
/// # Errors
/// In words: it is no duration, or out of range.
pub fn budget(text: &str) -> Result<u64, String> {
    let text = text.trim();
    seconds_in_range(text.parse().ok().or_else(|| with_units(text)))
}

fn share_in_range(share: Option<f64>) -> Result<f64, String> {
    share
        .filter(|share| (0.001..=1.0).contains(share))
        .ok_or_else(|| {
            "the precision must lie between 0.1% and 100%; write \"5%\" or 0.05".to_owned()
        })
}

fn seconds_in_range(seconds: Option<u64>) -> Result<u64, String> {
    seconds
        .filter(|seconds| (1..=7 * 86_400).contains(seconds))
        .ok_or_else(|| {
            "the budget must lie between 1s and 168h; write \"10m\", \"90s\" or \"1h30m\""
                .to_owned()
        })
}

/// Units come from large to small, each once.
fn with_units(text: &str) -> Option<u64> {
    let (mut rest, mut units, mut seconds) = (text, "hms", 0_u64);
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit())?;
        let place = units.find(rest[end..].chars().next()?)?;
        let scale = match &units[place..=place] {
            "h" => 3_600,
            "m" => 60,
            _ => 1,
        };
        seconds = seconds.checked_add(rest[..end].parse::<u64>().ok()?.checked_mul(scale)?)?;
        units = &units[place + 1..];
        rest = &rest[end + 1..];
    }
    Some(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn precisions() {
        for (text, share) in [("5%", 0.05), (" 10 % ", 0.1), ("0.2", 0.2), ("100%", 1.0)] {
            assert_eq!(precision(text), Ok(share), "{text}");
        }
        for text in ["", "%", "5", "-1%", "0", "nan", "inf", "fine", "5%%"] {
            assert!(precision(text).is_err(), "{text}");
        }
    }

    #[test]
    fn budgets() {
        for (text, seconds) in [
            ("90s", 90),
            ("10m", 600),
            ("1h30m", 5_400),
            ("600", 600),
            (" 2h5s ", 7_205),
        ] {
            assert_eq!(budget(text), Ok(seconds), "{text}");
        }
        for text in [
            "",
            "0",
            "m",
            "5x",
            "1m1h",
            "1m1m",
            "1h 30m",
            "1.5h",
            "-5s",
            "999999999999999999999h",
            "ä",
            "1ä",
        ] {
            assert!(budget(text).is_err(), "{text}");
        }
    }
}
