//! The samples as Markdown.

use super::Sample;
use std::collections::{BTreeMap, BTreeSet};
use toll_stats::quantile::quantile;

const OWN: &str = "toll-load";

/// A table for each server: medians of the rounds, with the least and the most.
pub(crate) fn markdown(samples: &[Sample], rounds: u32, seconds: u64) -> String {
    let mut text = vec![format!(
        "Medians of {rounds} rounds of {seconds} s each, with the least and the most; the order of the tools was random in each round."
    )];
    let servers: BTreeSet<&str> = samples
        .iter()
        .map(|sample| sample.server.as_str())
        .collect();
    for server in servers {
        text.push(format!("\n### {server}\n"));
        text.push("| connections | | requests per CPU second | toll-load has × as many | requests/s | peak MiB |".into());
        text.push("|---:|---|---:|---:|---:|---:|".into());
        let here: Vec<&Sample> = samples
            .iter()
            .filter(|sample| sample.server == server)
            .collect();
        text.extend(lines(&here));
    }
    text.join("\n")
}

fn lines(samples: &[&Sample]) -> Vec<String> {
    let mut cells: BTreeMap<(u32, &str), Vec<&Sample>> = BTreeMap::new();
    for sample in samples {
        let key = (sample.connections, sample.tool.as_str());
        cells.entry(key).or_default().push(sample);
    }
    let per_cpu = |samples: &[&Sample]| -> Vec<f64> {
        let each = samples.iter().map(|sample| per_cpu_second(sample));
        each.collect()
    };
    let line = |((connections, tool), own_samples): (&(u32, &str), &Vec<&Sample>)| {
        let theirs = per_cpu(own_samples);
        let ours = cells.get(&(*connections, OWN)).map(|own| per_cpu(own));
        // Round by round, so that what the machine did to a round falls out.
        let ratios: Vec<f64> = ours
            .unwrap_or_default()
            .iter()
            .zip(&theirs)
            .map(|(own, other)| own / other)
            .collect();
        let rates: Vec<f64> = own_samples
            .iter()
            .map(|sample| sample.figures.ok as f64 * 1e9 / sample.figures.wall_ns.max(1) as f64)
            .collect();
        let memory: Vec<f64> = own_samples
            .iter()
            .map(|sample| sample.figures.peak_bytes as f64 / f64::from(1 << 20))
            .collect();
        format!(
            "| {connections} | {tool} | {} | {} | {} | {} |",
            spread(&theirs, 0),
            if *tool == OWN {
                String::new()
            } else {
                spread(&ratios, 2)
            },
            spread(&rates, 0),
            spread(&memory, 1)
        )
    };
    cells.iter().map(line).collect()
}

fn per_cpu_second(sample: &Sample) -> f64 {
    sample.figures.ok as f64 * 1e9 / sample.figures.cpu_ns.max(1) as f64
}

/// Median [least–most].
fn spread(values: &[f64], digits: usize) -> String {
    let at = |q| quantile(values, q).unwrap_or(f64::NAN);
    format!(
        "{:.digits$} [{:.digits$}–{:.digits$}]",
        at(0.5),
        at(0.0),
        at(1.0)
    )
}

#[cfg(test)]
mod tests {
    use super::super::tools::Figures;
    use super::*;

    #[test]
    fn ratios_are_those_of_the_same_round() {
        let sample = |tool: &str, cpu_ns| Sample {
            server: "static".into(),
            connections: 1,
            tool: tool.into(),
            figures: Figures {
                ok: 1_000,
                cpu_ns,
                wall_ns: 1_000_000_000,
                peak_bytes: 1 << 20,
            },
        };
        let samples = [
            sample(OWN, 10_000_000),
            sample("x", 20_000_000),
            sample("x", 60_000_000),
            sample(OWN, 20_000_000),
        ];
        let text = markdown(&samples, 2, 1);
        assert!(text.contains("| 1 | x | 33333 [16667–50000] | 2.50 [2.00–3.00] | 1000 [1000–1000] | 1.0 [1.0–1.0] |"), "{text}");
    }
}
