import { Component, type ReactNode } from "react";

interface ContainedProps {
  /** Drawn in place of what broke. */
  instead: ReactNode;
  children: ReactNode;
}

/** Contains a bug in drawing to the part of the page it is in. A part whose content changes is tried anew by its `key`. */
export class Contained extends Component<ContainedProps, { broken: boolean }> {
  override state = { broken: false };

  static getDerivedStateFromError() {
    return { broken: true };
  }

  override render() {
    return this.state.broken ? this.props.instead : this.props.children;
  }
}
