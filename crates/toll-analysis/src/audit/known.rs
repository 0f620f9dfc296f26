//! Layers of published packages: what is better known in their place, and which of them reject requests.
//! A further one is a line here.

use toll_core::audit::Layer;

/// What is known of a layer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Known {
    /// Its dotted name.
    origin: &'static str,
    /// The same layer in a cheaper form, as `--replace` takes it.
    pub twin: Option<&'static str>,
    /// What to switch off or to choose.
    pub better: Option<&'static str>,
    /// Whether it may answer by itself, so that what stands outside of it is paid for nothing.
    pub rejects: bool,
}

const PLAIN: Known = Known {
    origin: "",
    twin: None,
    better: None,
    rejects: false,
};

/// One that rejects, and nothing else.
const fn rejecting(origin: &'static str) -> Known {
    Known {
        origin,
        rejects: true,
        ..PLAIN
    }
}

const KNOWN: &[Known] = &[
    Known {
        origin: "slowapi.middleware.SlowAPIMiddleware",
        twin: Some("slowapi.middleware:SlowAPIASGIMiddleware"),
        rejects: true,
        ..PLAIN
    },
    rejecting("slowapi.middleware.SlowAPIASGIMiddleware"),
    Known {
        origin: "starlette_context.middleware.context_middleware.ContextMiddleware",
        twin: Some("starlette_context.middleware:RawContextMiddleware"),
        ..PLAIN
    },
    rejecting("starlette.middleware.trustedhost.TrustedHostMiddleware"),
    rejecting("starlette.middleware.httpsredirect.HTTPSRedirectMiddleware"),
    rejecting("starlette.middleware.authentication.AuthenticationMiddleware"),
    rejecting("starlette.middleware.body_limit.RequestBodyLimitMiddleware"),
    Known {
        origin: "opentelemetry.instrumentation.asgi.OpenTelemetryMiddleware",
        better: Some(
            "exclude_spans=[\"receive\", \"send\"] leaves out the spans of single messages; excluded_urls leaves out health checks.",
        ),
        ..PLAIN
    },
    Known {
        origin: "sentry_sdk.integrations.asgi.SentryAsgiMiddleware",
        better: Some(
            "Its integration's middleware_spans=False records no span for each layer, and traces_sample_rate says how many requests are traced.",
        ),
        ..PLAIN
    },
    Known {
        origin: "prometheus_fastapi_instrumentator.middleware.PrometheusInstrumentatorMiddleware",
        better: Some("excluded_handlers leaves out paths that need no figures."),
        ..PLAIN
    },
    Known {
        origin: "starlette.middleware.gzip.GZipMiddleware",
        better: Some(
            "minimum_size keeps small answers as they are, and compresslevel=5 compresses nearly as well.",
        ),
        ..PLAIN
    },
    rejecting("litestar.middleware.allowed_hosts.AllowedHostsMiddleware"),
    rejecting("litestar.middleware.rate_limit.RateLimitMiddleware"),
    rejecting("litestar.middleware.csrf.CSRFMiddleware"),
    rejecting("lilya.middleware.trustedhost.TrustedHostMiddleware"),
    rejecting("lilya.middleware.httpsredirect.HTTPSRedirectMiddleware"),
    rejecting("django.middleware.security.SecurityMiddleware"),
    rejecting("django.middleware.csrf.CsrfViewMiddleware"),
    rejecting("django.contrib.auth.middleware.LoginRequiredMiddleware"),
];

/// What is known of it; nothing special of most.
pub(super) fn of(layer: &Layer) -> Known {
    let found = KNOWN.iter().find(|known| known.origin == layer.origin);
    found.copied().unwrap_or(PLAIN)
}
