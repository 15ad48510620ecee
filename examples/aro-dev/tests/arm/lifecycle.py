"""Management clients for a simulated Azure, and the life every tracked resource has in common."""

from azure.core.exceptions import ResourceNotFoundError

POLL_SECONDS = 0.02
PATIENCE_SECONDS = 30


class Clients:
    """Makes published clients that talk to the simulated ARM; nothing but addresses and trust is theirs to learn."""

    def __init__(self, dev):
        self.dev = dev
        self.made = {}

    def make(self, client_class, principal=0):
        key = (client_class, principal)
        if key not in self.made:
            dev = self.dev
            subscription = () if client_class.__name__ == "SubscriptionClient" else (dev.subscription,)
            self.made[key] = client_class(
                dev.credential(principal),
                *subscription,
                base_url=dev.arm,
                credential_scopes=[f"{dev.arm}/.default"],
                connection_verify=dev.ca,
                polling_interval=POLL_SECONDS,
                retry_total=0,
            )
        return self.made[key]


def done(poller):
    """The result of a long-running operation that must end in time."""
    result = poller.result(PATIENCE_SECONDS)
    assert poller.done(), "the operation did not end in time"
    return result


def plain(model):
    """A resource in the JSON of the wire, whichever generation of models the client has."""
    return model.as_dict() if hasattr(type(model), "__getitem__") else model.serialize(keep_readonly=True)


def finished(result):
    return done(result) if hasattr(result, "done") else result


def life(create, get, listing, delete, body, update=None, also_listed=()):
    """Create, get, list, change tags, repeat the create, delete, repeat the delete. Returns what was created.

    `create` takes a body, the others nothing; `update` takes tags.
    """
    created = plain(finished(create(body)))
    assert created["id"] and created["name"] and created["type"]
    assert created.get("properties", {}).get("provisioningState", "Succeeded") == "Succeeded"
    read = plain(get())
    assert read["id"] == created["id"]
    for one in (listing, *also_listed):
        assert created["id"].lower() in [item.id.lower() for item in one()]
    if update is not None:
        assert plain(finished(update({"color": "blue"})))["tags"] == {"color": "blue"}
        assert plain(get())["tags"] == {"color": "blue"}
    again = plain(finished(create(body)))
    assert again["id"] == created["id"]
    finished(delete())
    try:
        get()
    except ResourceNotFoundError:
        pass
    else:
        raise AssertionError(f"{created['id']} is still there after its deletion")
    finished(delete())
    assert created["id"].lower() not in [item.id.lower() for item in listing()]
    return read
