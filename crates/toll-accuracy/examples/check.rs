//! Checks toll-load, and others beside it: `check KNOWN_SERVER [full] [NAME…]`; the first is the program that is built
//! as `known_server`.

use std::io::Write;
use toll_accuracy::experiments::ALL;
use toll_accuracy::generator::{External, Generator, Own};
use toll_accuracy::known::Launcher;
use toll_accuracy::{Bench, Length, check};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let program = arguments
        .next()
        .ok_or("usage: check KNOWN_SERVER [full] [NAME…]")?;
    let launcher = Launcher {
        program: program.into(),
        arguments: Vec::new(),
    };
    let mut bench = Bench::new(launcher, std::sync::Arc::default());
    let mut names: Vec<String> = arguments.collect();
    if names.first().is_some_and(|word| word == "full") {
        names.remove(0);
        bench.length = Length::Full;
    }
    let others = names
        .iter()
        .map(|name| External::find(name))
        .collect::<Result<Vec<_>, _>>()?;
    let mut generators: Vec<&dyn Generator> = vec![&Own { spin: false }, &Own { spin: true }];
    generators.extend(others.iter().map(|other| other as &dyn Generator));
    let report = check(&bench, &generators, &ALL, &mut |_| {})?;
    writeln!(std::io::stdout(), "{}", report.in_words())?;
    Ok(())
}
