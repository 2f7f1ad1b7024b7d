import { Component, type ReactNode } from "react";

interface ContainedProps {
  /** Drawn in place of what broke. */
  instead: ReactNode;
  /** What is drawn: another one is tried anew after something broke. */
  about?: string;
  children: ReactNode;
}

interface ContainedState {
  broken: boolean;
  about: string | undefined;
}

/** Contains a bug in drawing to the part of the page it is in. */
export class Contained extends Component<ContainedProps, ContainedState> {
  override state: ContainedState = { broken: false, about: this.props.about };

  static getDerivedStateFromError() {
    return { broken: true };
  }

  static getDerivedStateFromProps({ about }: ContainedProps, state: ContainedState) {
    return about === state.about ? null : { broken: false, about };
  }

  override render() {
    return this.state.broken ? this.props.instead : this.props.children;
  }
}
