//! Every format renders every analysis, and what it renders is what it says it is.

mod fixtures;

use std::collections::BTreeSet;

use toll_analysis::results::Analysis;
use toll_report::{FORMATS, summary_svg};

fn render(name: &str, analysis: &Analysis) -> Vec<u8> {
    let format = FORMATS
        .iter()
        .find(|format| format.name() == name)
        .expect("the format is registered");
    format.render(analysis).expect("it renders")
}

fn text(name: &str, analysis: &Analysis) -> String {
    String::from_utf8(render(name, analysis)).expect("it is UTF-8")
}

#[test]
fn names_and_files_are_unique() {
    let names: BTreeSet<_> = FORMATS.iter().map(|format| format.name()).collect();
    let files: BTreeSet<_> = FORMATS.iter().map(|format| format.file_name()).collect();
    assert_eq!((names.len(), files.len()), (FORMATS.len(), FORMATS.len()));
}

#[test]
fn every_format_renders_every_analysis() {
    for (name, analysis) in fixtures::all() {
        for format in FORMATS {
            let bytes = format
                .render(&analysis)
                .unwrap_or_else(|error| panic!("{} of {name}: {error}", format.name()));
            assert!(
                bytes.len() > 100,
                "{} of {name} has {} bytes",
                format.name(),
                bytes.len()
            );
        }
    }
}

#[test]
fn json_reads_back_as_the_same_analysis() {
    let analysis = fixtures::some_failed();
    let read: Analysis = serde_json::from_slice(&render("json", &analysis)).expect("it is JSON");
    assert_eq!(read, analysis);
}

#[test]
fn every_drawing_is_well_formed() {
    for (name, analysis) in fixtures::all() {
        let svg = summary_svg(&analysis);
        roxmltree::Document::parse(&svg).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(
            !svg.contains("NaN") && !svg.contains("inf,"),
            "{name} draws what is not a number"
        );
    }
}

#[test]
fn the_drawing_has_a_line_for_each_series_in_each_panel() {
    let svg = summary_svg(&fixtures::today());
    let document = roxmltree::Document::parse(&svg).expect("it is XML");
    let of = |name: &str, attribute: &str, value: &str| {
        document
            .descendants()
            .filter(|node| node.has_tag_name(name) && node.attribute(attribute) == Some(value))
            .count()
    };
    assert_eq!(of("polyline", "stroke-width", "1.8"), 20);
    assert_eq!(of("polygon", "fill-opacity", "0.18"), 20);
    // Two requests/s of one series are not believed.
    assert_eq!(of("polygon", "fill", "#ffffff"), 2);
}

#[test]
fn labels_do_not_lie_upon_one_another() {
    let svg = summary_svg(&fixtures::combined());
    let document = roxmltree::Document::parse(&svg).expect("it is XML");
    let position = |node: &roxmltree::Node<'_, '_>, name: &str| {
        node.attribute(name)
            .and_then(|text| text.parse::<f64>().ok())
    };
    let labels: Vec<(f64, f64)> = document
        .descendants()
        .filter(|node| {
            node.text()
                .is_some_and(|text| text.ends_with(".0") || text.ends_with(".1"))
                && node.attribute("font-size") == Some("12")
        })
        .filter_map(|node| Some((position(&node, "x")?, position(&node, "y")?)))
        .collect();
    assert!(labels.len() > 20, "{labels:?}");
    for (at, one) in labels.iter().enumerate() {
        for other in &labels[..at] {
            assert!(
                one.0 != other.0 || (one.1 - other.1).abs() >= 14.9,
                "{one:?} and {other:?}"
            );
        }
    }
}

/// The titles of the panels, and what is told in red above them.
fn told(analysis: &Analysis) -> (Vec<String>, Vec<String>) {
    let svg = summary_svg(analysis);
    let document = roxmltree::Document::parse(&svg).expect("it is XML");
    let with = |size: &str, colour: &str| -> Vec<String> {
        document
            .descendants()
            .filter(|node| {
                node.attribute("font-size") == Some(size) && node.attribute("fill") == Some(colour)
            })
            .filter(|node| node.attribute("font-weight") == Some("700"))
            .filter_map(|node| node.text())
            .map(str::to_owned)
            .collect()
    };
    (with("14", "#1d2127"), with("14.5", "#b3261e"))
}

#[test]
fn the_picture_shows_what_was_measured() {
    let load = ["Requests per second", "Server CPU per request, µs"];
    let windows = [&["p99 of 20 ms windows, /s"], &load[..]].concat();
    let table: [(Analysis, &[&str]); 9] = [
        (fixtures::external(), &windows),
        (fixtures::today(), &load),
        (fixtures::everything(), &load),
        (fixtures::empty(), &load),
        (
            fixtures::ladder(),
            &["CPU per request, µs", "Tasks per request"],
        ),
        (
            fixtures::direct_only(),
            &["CPU per request, µs", "Time per request, µs"],
        ),
        (fixtures::direct_calm(), &["CPU per request, µs"]),
        (
            fixtures::counts_only(),
            &["Tasks per request", "Python calls per request"],
        ),
        (
            fixtures::counts_calm(),
            &[
                "Python calls per request",
                "Bytecode instructions per request",
            ],
        ),
    ];
    for (analysis, titles) in table {
        assert_eq!(told(&analysis).0, titles, "{}", analysis.suite);
    }
}

#[test]
fn the_picture_tells_of_a_cost_that_grows_faster_than_the_layers() {
    let (_, story) = told(&fixtures::ladder());
    assert_eq!(story.len(), 2, "{story:?}");
    let story = story.join(" ");
    assert!(
        story.starts_with("starlette 0.21.0: ") && story.contains("251 tasks"),
        "{story}"
    );
    assert!(
        story.ends_with("The same holds for starlette 0.38.2."),
        "{story}"
    );
    assert!(told(&fixtures::counts_only()).1.is_empty());
    assert_eq!(told(&fixtures::hostile_counts()).1.len(), 2);
}

#[test]
fn no_count_is_missing_in_the_picture_though_it_be_zero() {
    let svg = summary_svg(&fixtures::counts_far_apart());
    assert!(svg.contains("counted, logarithmic"));
    let document = roxmltree::Document::parse(&svg).expect("it is XML");
    let lines: Vec<usize> = document
        .descendants()
        .filter(|node| node.attribute("stroke-width") == Some("1.8"))
        .filter_map(|node| node.attribute("points"))
        .map(|points| points.split(' ').count())
        .collect();
    assert_eq!(lines, [6; 6]);
}

#[test]
fn the_picture_has_its_size_and_is_not_blank() {
    for (name, analysis) in [
        ("today", fixtures::today()),
        ("empty", fixtures::empty()),
        ("many", fixtures::many()),
    ] {
        let bytes = render("png", &analysis);
        let picture = resvg::tiny_skia::Pixmap::decode_png(&bytes)
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(picture.width(), 2240, "{name}");
        assert!(
            (1200..2400).contains(&picture.height()),
            "{name} is {} high",
            picture.height()
        );
        let colours: BTreeSet<_> = picture
            .pixels()
            .iter()
            .step_by(11)
            .map(|pixel| (pixel.red(), pixel.green(), pixel.blue()))
            .collect();
        assert!(colours.len() > 10, "{name} has {} colours", colours.len());
    }
}

#[test]
fn text_in_the_picture_is_drawn_with_the_bundled_font() {
    let (with, mut without) = (fixtures::two_levels(), fixtures::two_levels());
    without.suite.clear();
    assert_ne!(render("png", &with), render("png", &without));
}

#[test]
fn the_page_holds_hostile_text_as_text() {
    let page = text("html", &fixtures::hostile());
    let own = text("html", &fixtures::some_failed());
    for tag in ["<script", "</script", "<img", "onerror=alert"] {
        let escaped_only = page.matches(tag).count() - own.matches(tag).count();
        let inert = if tag == "onerror=alert" {
            page.matches("&lt;img src=x onerror=alert").count()
                + page.matches("\\u003cimg src=x onerror=alert").count()
        } else {
            0
        };
        assert_eq!(escaped_only, inert, "{tag}");
    }
    assert!(page.contains("&lt;/script&gt;&lt;script&gt;alert(1)"));
    assert!(!page.contains('\u{1b}'));
}

#[test]
fn the_page_fetches_nothing_and_embeds_the_results() {
    let analysis = fixtures::hostile();
    let page = text("html", &analysis);
    for reference in ["<link", "src=\"", "@import", "url(http"] {
        let body = page.split("<script>").next().expect("there is a head");
        assert!(!body.contains(reference), "{reference}");
    }
    let (_, rest) = page
        .split_once("<script type=\"application/json\" id=\"results\">")
        .expect("results are embedded");
    let (json, _) = rest.split_once("</script>").expect("the element ends");
    assert_eq!(
        serde_json::from_str::<Analysis>(json).expect("it is JSON"),
        analysis
    );
}

#[test]
fn the_page_says_everything_about_a_series() {
    let page = text("html", &fixtures::some_failed());
    for said in [
        "uvicorn==0.54.0",
        "--no-access-log",
        "access log",
        "ModuleNotFoundError",
        "stood in for",
        "hypervisor took",
        ">42<",
        "id=\"series-9\"",
    ] {
        assert!(page.contains(said), "{said}");
    }
}

#[test]
fn the_page_has_a_section_for_each_instrument() {
    let page = text("html", &fixtures::everything());
    for name in ["load", "direct", "counts"] {
        assert!(page.contains(&format!("<section id=\"{name}\">")), "{name}");
        assert!(
            page.contains(&format!("data-instrument=\"{name}\"")),
            "{name}"
        );
        assert!(page.contains(&format!("<a href=\"#{name}\">")), "{name}");
    }
    for said in [
        "uvicorn.middleware.proxy_headers.ProxyHeadersMiddleware",
        "litestar 2.31.0 at 5 middlewares (direct)",
        "blacksheep 2.9.1 (direct)",
        "muffin 1.6.0 at 20 middlewares<",
        "The driver itself costs 1.41 µs per request",
        "adds a header costs 0.920 µs",
        "superlinear n<sup>1.9</sup>",
    ] {
        assert!(page.contains(said), "{said}");
    }
    let load = text("html", &fixtures::today());
    assert!(!load.contains("<nav>") && load.contains("<h2>Series</h2>"));
}

#[test]
fn the_page_holds_every_count() {
    let analysis = fixtures::ladder();
    let page = text("html", &analysis).replace('\u{202f}', "");
    for series in &analysis.series {
        for cell in &series.instruments["counts"].cells {
            for count in cell.counts.values().filter(|count| count.low == count.high) {
                assert!(page.contains(&format!("<td>{}</td>", count.low)));
            }
        }
    }
    assert!(page.contains("<td>47646 … 47906<br><small>garbage collection</small></td>"));
}

#[test]
fn hostile_counts_are_text_in_every_format() {
    let analysis = fixtures::hostile_counts();
    let page = text("html", &analysis);
    let (_, rest) = page.split_once("<main>").expect("the page has a main part");
    let (main, _) = rest.split_once("</main>").expect("it ends");
    assert!(!main.contains("<script") && !main.contains("<img"));
    assert!(main.contains("&lt;img src=x onerror=alert(2)&gt;"));
    let markdown = text("markdown", &analysis);
    assert!(!markdown.contains("<script") && !markdown.contains("<img"));
}

#[test]
fn markdown_of_several_instruments() {
    insta::assert_snapshot!(text("markdown", &fixtures::ladder()));
}

#[test]
fn markdown_of_a_whole_run() {
    insta::assert_snapshot!(text("markdown", &fixtures::some_failed()));
}

#[test]
fn markdown_escapes_what_comes_from_outside() {
    let markdown = text("markdown", &fixtures::hostile());
    // Inside a fence everything is text.
    let fenced = |line: &&str| line.trim_start().starts_with("```");
    let outside: Vec<&str> = markdown.split("```").step_by(2).collect();
    assert_eq!(markdown.lines().filter(fenced).count(), 4);
    assert!(
        outside
            .iter()
            .all(|text| !text.contains("<script") && !text.contains("<img"))
    );
    let rows: Vec<&str> = markdown
        .lines()
        .filter(|line| line.starts_with("| "))
        .collect();
    assert_eq!(rows.len(), 11);
    for row in rows {
        assert_eq!(row.replace("\\|", "").matches('|').count(), 9, "{row}");
    }
}

#[test]
fn who_sent_the_load_and_what_the_windows_say_is_told() {
    let analysis = fixtures::external();
    for name in ["markdown", "html"] {
        let text = text(name, &analysis);
        for part in [
            "sent by bombardier v1.2.6",
            "bodies are not compared",
            "what the original plotted",
            "12 350",
        ] {
            let part = part.replace(' ', "\u{a0}");
            let plain = text.replace([' ', '\u{202f}'], "\u{a0}");
            assert!(plain.contains(&part), "{part} in {name}");
        }
    }
    let markdown = text("markdown", &fixtures::today());
    assert!(!markdown.contains("windows") && !markdown.contains("sent by"));
}
