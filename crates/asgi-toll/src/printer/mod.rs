//! The only place that prints. Standard output is data, standard error is talk.

mod progress;

use std::fmt::Display;
use std::io::{self, IsTerminal, Write};

use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};

use toll_report::TerminalStyle;

use crate::cli::{Colour, Global};
pub(crate) use progress::{Course, Pace, Progress};

const BAD: Style = AnsiColor::Red.on_default().bold();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();
const NOTE: Style = AnsiColor::Cyan.on_default().bold();

/// What may be printed, and how.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Printer {
    quiet: bool,
    /// Whether parts without a number are told by the verb, in its own words.
    muted: bool,
    /// Whether a verb is to print JSON instead of text.
    pub(crate) json: bool,
    choice: ColorChoice,
}

impl Printer {
    pub(crate) fn new(global: &Global) -> Self {
        let choice = match global.color {
            Colour::Auto => ColorChoice::Auto,
            Colour::Always => ColorChoice::Always,
            Colour::Never => ColorChoice::Never,
        };
        Self {
            quiet: global.quiet,
            muted: false,
            json: global.json,
            choice,
        }
    }

    /// The same, saying only what went wrong: for parts of a job that speaks for them.
    pub(crate) fn hushed(self) -> Self {
        Self {
            quiet: true,
            ..self
        }
    }

    /// The same, saying nothing of parts that have no number: for a verb that tells of them itself.
    pub(crate) fn muted(self) -> Self {
        Self {
            muted: true,
            ..self
        }
    }

    /// Writes data to standard output. A reader that has gone away is no error: it has seen enough.
    pub(crate) fn data(self, text: &str) -> io::Result<()> {
        let mut stdout = AutoStream::new(io::stdout().lock(), self.choice);
        let newline = if text.ends_with('\n') || text.is_empty() {
            ""
        } else {
            "\n"
        };
        match write!(stdout, "{text}{newline}").and_then(|()| stdout.flush()) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            written => written,
        }
    }

    /// Writes a value to standard output as JSON.
    pub(crate) fn json(self, value: &impl serde::Serialize) -> anyhow::Result<()> {
        Ok(self.data(&serde_json::to_string_pretty(value)?)?)
    }

    /// Says something in passing.
    pub(crate) fn talk(self, text: impl Display) {
        if !self.quiet {
            self.stderr(&text.to_string());
        }
    }

    /// Says something that the user should know.
    pub(crate) fn note(self, text: impl Display) {
        if !self.quiet {
            self.stderr(&format!("{NOTE}note{NOTE:#}: {text}"));
        }
    }

    /// Says something that makes the result worse.
    pub(crate) fn warning(self, text: impl Display) {
        if !self.quiet {
            self.stderr(&format!("{WARNING}warning{WARNING:#}: {text}"));
        }
    }

    /// Says that a part has no number, also when only what went wrong is to be said.
    pub(crate) fn failure(self, text: impl Display, log_tail: &[String]) {
        if self.muted {
            return;
        }
        self.stderr(&format!("{BAD}failed{BAD:#}: {text}"));
        for line in log_tail {
            self.stderr(&format!("    {line}"));
        }
    }

    /// Says why nothing came of it.
    pub(crate) fn error(self, text: impl Display) {
        self.stderr(&format!("{BAD}error{BAD:#}: {text}"));
    }

    fn stderr(self, line: &str) {
        let mut stderr = AutoStream::new(io::stderr().lock(), self.choice);
        let _ = writeln!(stderr, "{line}");
    }

    /// Whether colours come through on standard output.
    pub(crate) fn colours(self) -> bool {
        !matches!(
            AutoStream::new(io::stdout(), self.choice).current_choice(),
            ColorChoice::Never
        )
    }

    /// How the terminal behind standard output is.
    pub(crate) fn style(self) -> TerminalStyle {
        TerminalStyle {
            width: Self::width(),
            colour: self.colours(),
            unicode: true,
        }
    }

    /// Width of the terminal behind standard output, 100 where there is none.
    pub(crate) fn width() -> usize {
        let size = rustix::termios::tcgetwinsize(io::stdout())
            .ok()
            .filter(|_| io::stdout().is_terminal());
        size.map_or(100, |size| usize::from(size.ws_col).max(40))
    }

    /// A display of what is happening.
    pub(crate) fn progress(self) -> Progress {
        Progress::new(self, io::stderr().is_terminal() && !self.quiet)
    }
}
