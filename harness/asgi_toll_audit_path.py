"""The way of one request through the layers of an application."""

import re

from asgi_toll_audit_layer import FRAMEWORK, PATCHED_IN, Layer
from asgi_toll_audit_links import Variable, identity, inward
from asgi_toll_audit_patches import patch_of

# What is called like this routes, whoever wrote it: leaving it out leaves out its routes.
ROUTES = re.compile(r"(Router|Route|Routing|Dispatcher|Mux|Application|App|API)$")
# Unless it holds what is inside of it as layers do.
AS_LAYERS_DO = ("app", "_app", "asgi_app", "inner", "wrapped", "next_app", "application")
ROUTES_REQUESTS = "it decides what answers the request"
GOES_WITH_OUTER = "it is a patch on a class: it goes with the same patch outside of it"
AROUND = "around the application"
MOST = 1000


class Step:
    """An ASGI layer: `outer` is the link that holds it, `inner` the link inside of it."""

    def __init__(self, layer, outer, inner, passing=False):
        """`passing` steps count only if there are layers inside of them."""
        self.layer = layer
        self.outer = outer
        self.inner = inner
        self.passing = passing

    def is_fixed(self):
        """Whether nothing else can be put in its place: it routes, or nothing is inside of it."""
        return self.passing or self.inner is None

    def shim(self, clock, index):
        self.outer.set(clock.shim(index, self.outer.get()))


class PatchStep(Step):
    """What is patched over the `__call__` of an application's class."""

    def __init__(self, layer, outer, patch, path):
        super().__init__(layer, outer, patch.inner(outer.get()))
        self.patch = patch
        self.path = path

    def is_fixed(self):
        return True

    def remove(self):
        self.patch.take_back()


class Chain:
    """Layers of ASGI, one in the other."""

    def __init__(self, root):
        self.steps = []
        self.root = root

    def layers(self):
        return [step.layer for step in self.steps]

    def end(self):
        """The link to what is inside of the innermost layer."""
        inner = [step.inner for step in self.steps if step.inner is not None]
        return inner[-1] if inner else self.root

    def runs(self):
        """The places of layers that stand directly in one another, without routers between."""
        runs, before = [], None
        for place, step in enumerate(self.steps):
            if step.is_fixed():
                before = None
                continue
            if before is None or before.inner is not step.outer:
                runs.append([])
            runs[-1].append(place)
            before = step
        return runs

    def shimmed(self, clock):
        for index, step in enumerate(self.steps):
            step.shim(clock, index)

    def close(self):
        """Forgets routers without layers inside of them."""
        while self.steps and self.steps[-1].passing:
            self.steps.pop()


class Path:
    """Walks from an application to what answers the request of `scope`."""

    def __init__(self, app, scope, frameworks):
        self.root = Variable(app)
        self.scope = dict(scope)
        self.frameworks = frameworks
        self.place = AROUND
        self.branches = []  # mounts and hosts that the request went through
        self.chain = Chain(self.root)
        self.flat = None  # layers of a framework that are not ASGI
        self.patches = []
        self.problem = None
        self.seen = {}

    def walk(self):
        """Finds all layers, or those up to where a framework is not as it is expected to be."""
        link = self.root
        try:
            while link is not None:
                link = self.advance(link)
        except Exception as error:
            self.problem = f"{type(error).__name__}: {error}"
        if self.flat is None or not self.flat.layers():
            self.chain.close()
        return self

    def advance(self, link):
        """One step inwards: the next link, or None at the end."""
        held = link.get()
        if self.is_known(held):
            return None
        framework = self.framework_of(held)
        if framework is not None:
            return framework.follow(self, self.past_patch(held, link), held)
        return self.step(link)

    def is_known(self, held):
        """Whether the path was here before. Keeps what it saw: identities must not recur."""
        key = identity(held)
        if key in self.seen or len(self.seen) > MOST:
            return True
        self.seen[key] = held
        return False

    def framework_of(self, held):
        return next((each for each in self.frameworks if each.knows(held)), None)

    def step(self, link):
        """A layer as far as it shows: it holds one other ASGI callable."""
        held = link.get()
        inner = inward(held)
        if inner is None:
            return None
        known = self.known_as(held)
        layer = Layer(held if known is None else known, self.place, itself=known is not None)
        for framework in self.frameworks:
            getattr(framework, "describe", ignore)(layer, held)
        routes = is_router(held, inner)
        if routes:
            layer.by = FRAMEWORK
            layer.keep(ROUTES_REQUESTS)
        self.add(Step(layer, link, inner, passing=routes))
        return inner

    def known_as(self, held):
        """What the project knows the layer `held` as, where a framework can tell."""
        told = (getattr(each, "subject_of", ignore)(held) for each in self.frameworks)
        return next((subject for subject in told if subject is not None), None)

    def at(self, place=None):
        """In words, where the path is: behind which mounts, in what of the application."""
        return ", ".join([*self.branches, *([place] if place else [])]) or "application"

    def add(self, step):
        """One more layer, inside of those before it."""
        self.note_patches(step)
        self.chain.steps.append(step)
        return step

    def note_patches(self, step):
        """Tells which functions run instead of the layer's own."""
        patch = patch_of(step.outer.get())
        if patch is not None:
            step.layer.patches.append(patch.name())
            self.patches.append(patch)

    def past_patch(self, application, link):
        """The link inside of what somebody patched over the class of `application`."""
        patch = patch_of(application)
        if patch is None:
            return link
        layer = Layer(patch.function, self.place, by=PATCHED_IN)
        layer.name, layer.options = patch.function.__name__, {}
        layer.place = f"patched over {patch.owner.__name__}"
        if any(each.function is patch.function for each in self.patches):
            layer.keep(GOES_WITH_OUTER)
        self.patches.append(patch)
        self.chain.steps.append(PatchStep(layer, link, patch, self))
        return self.chain.steps[-1].inner

    def route(self, link, subject):
        """A router: counts as a layer if there are layers inside of it."""
        layer = Layer(subject, self.place, by=FRAMEWORK).keep(ROUTES_REQUESTS)
        layer.options = {}
        self.add(Step(layer, link, None, passing=True))

    def follow_chain(self, link, until):
        """Steps from `link` on to what `until` knows. Gives the link to that, or None."""
        while link is not None:
            held = link.get()
            if until(held) or self.framework_of(held) is not None:
                return link
            if self.is_known(held):
                return None
            link = self.step(link)
        return None


def ignore(*_):
    """What a framework says that has nothing to say."""


def is_router(held, inner):
    """Whether `held`, of a class nobody here knows, is called like something that routes."""
    if getattr(inner, "name", None) in AS_LAYERS_DO:
        return False
    return bool(ROUTES.search(type(held).__name__)) or names_its_package(type(held))


def names_its_package(kind):
    """Whether a class is called as its package is: `sanic.app.Sanic` is an application."""
    return kind.__name__.lower() == kind.__module__.partition(".")[0].lower()
