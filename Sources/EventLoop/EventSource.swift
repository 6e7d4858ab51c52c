import CLinux
import LinuxSystem

/// What a descriptor is ready for, or is to be watched for. Raw values are the kernel's EPOLL* bits.
public struct EventSet: OptionSet, Sendable {
  /// The kernel's bits.
  public let rawValue: UInt32

  /// From the kernel's bits.
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// There is something to read, a connection to accept, or the end of the stream.
  public static let readable = EventSet(rawValue: 0x001)
  /// There is room to write, or a connection attempt has ended.
  public static let writable = EventSet(rawValue: 0x004)
  /// An error is pending. Always reported, never asked for.
  public static let error = EventSet(rawValue: 0x008)
  /// Both directions are closed. Always reported, never asked for.
  public static let hangUp = EventSet(rawValue: 0x010)
  /// The peer has closed its sending direction.
  public static let peerClosed = EventSet(rawValue: 0x2000)
  /// Never reported (EPOLLMSG): in what a connection is watched for it says that another process can go on with it as it
  /// is, for who looks at the epoll instance from outside.
  public static let resumable = EventSet(rawValue: 0x400)
  /// Report changes instead of states.
  public static let edgeTriggered = EventSet(rawValue: 1 << 31)
}

/// Something with a descriptor that the loop watches. Subclasses say what happens when it is ready.
///
/// A source watches one descriptor in one loop. The loop keeps it alive while it is registered. Open, hence public:
/// Swift has no package-wide subclassing.
open class EventSource {
  /// The place in the loop's table, -1 when not registered.
  final var slot: Int32 = -1
  final var descriptor: Int32 = -1
  /// What is being watched for.
  public final internal(set) var interest: EventSet = []

  /// A source that no loop watches yet.
  public init() {}

  /// Whether a loop watches the source.
  public final var isRegistered: Bool { slot >= 0 }

  /// Whether the source is one end of a conversation that goes on in a copy of this process while the program executes
  /// itself anew.
  open var isConversation: Bool { false }

  /// Whether the source is what somebody outside has with a service of this program, to be listed and ended by hand.
  open var servesPeer: Bool { false }

  /// The descriptor is ready. It may be read once only: other sources must get their turn; what is left is reported
  /// again.
  open func handle(_ events: EventSet) {}
}
