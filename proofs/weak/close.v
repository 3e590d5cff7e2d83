(* SPDX-License-Identifier: BSL-1.0 *)
(** mpmc_ring's close under a release/acquire memory: who is told "closed" knows what the closer did before, and whoever pops
    is told so only once everything that was pushed is taken; no push succeeds afterwards.

    For any number of threads. The mark is in the tail's word, and pushes claim by read-modify-writes of that word. Capacity
    plays no part in it: each position has a slot of its own here, which begins empty (mpmc_ring.v has the slots as they are);
    so nothing is ever full. Claims and slots are relaxed, since no more is needed. What the closer did is one cell for each
    thread. "empty", "busy" and lost races begin anew. That of two threads each closes one ring and finds the other open is
    what seq_cst forbids, and is not here.

    First that nothing goes wrong with the orders of the source, of which acquire and release are used; then, for each of
    these, a run in which a weaker one ends in a race. *)
From iris.prelude Require Import prelude.
From sluice_weak Require Import memory.

Inductive loc := Tail | Head | Slot (pos : nat) | Before (τ : nat).
Global Instance loc_dec : EqDecision loc. Proof. solve_decision. Defined.
Notation val := (nat * bool)%type.   (* a position and the mark; a slot: 1 where it is filled *)
Notation view := (memory.view loc).
Notation msg := (memory.msg loc val).
Notation hist := (memory.hist loc val).

Record orders := Orders { close : mode; ask : mode; tell : mode }.
Definition source : orders := Orders Sync Sync Sync.

(** ** Program; pc says what comes next *)
Inductive pc :=
  | Idle | Close | Push (pos : nat) | Ask | Fill (pos : nat) | Pop (pos : nat) | Take (pos : nat) | Compare (pos : nat) | Tell (pos : nat)
  | Refused | Drained (pos : nat).   (* told "closed": a push; a pop *)
Definition told p := match p with Refused | Drained _ => True | _ => False end.
Record state := State {
  H : hist; did : nat → nat; thr : nat → view * pc;
  closer : option (nat * nat);                  (* ghosts: who closed it, and how much that one had done; how many claims *)
  pushed : nat; popped : nat }.

Inductive step (o : orders) : state → state → Prop :=
| s_prepare M d th cl n h τ V :
    th τ = (V, Idle) →
    step o (State M d th cl n h) (State M (upd d τ (S (d τ))) (upd th τ (bump V (Before τ) (S (d τ)), Close)) cl n h)
| s_close M d th cl n h τ V pos b t M' V' :
    (*@ close fetch_or#1 seq_cst *)
    th τ = (V, Close) → rmw Rlx (close o) M V Tail (pos, b) (pos, true) t M' V' →
    step o (State M d th cl n h) (State M' d (upd th τ (V', Idle)) (if b then cl else Some (τ, d τ)) n h)
| s_push M d th cl n h τ V t m V' :
    (*@ claim_push load#1 relaxed *)
    th τ = (V, Idle) → read Rlx M V Tail t m V' →
    step o (State M d th cl n h) (State M d (upd th τ (V', if (mval m).2 then Ask else Push (mval m).1)) cl n h)
| s_ask M d th cl n h τ V t m V' :
    (*@ is_closed load#1 seq_cst *)
    th τ = (V, Ask) → read (ask o) M V Tail t m V' →
    step o (State M d th cl n h) (State M d (upd th τ (V', if (mval m).2 then Refused else Idle)) cl n h)
| s_claim_push M d th cl n h τ V pos t M' V' :
    (*@ claim_push compare_exchange_weak#1 seq_cst/relaxed *)
    th τ = (V, Push pos) → rmw Rlx Rlx M V Tail (pos, false) (S pos, false) t M' V' →
    step o (State M d th cl n h) (State M' d (upd th τ (V', Fill pos)) cl (S n) h)
| s_fill M d th cl n h τ V pos t M' V' :
    (*@ fill store#2 release *)
    th τ = (V, Fill pos) → write Rlx M V (Slot pos) (1, false) t M' V' →
    step o (State M d th cl n h) (State M' d (upd th τ (V', Idle)) cl n h)
| s_pop M d th cl n h τ V t m V' :
    (*@ claim_pop load#1 relaxed *)
    th τ = (V, Idle) → read Rlx M V Head t m V' →
    step o (State M d th cl n h) (State M d (upd th τ (V', Pop (mval m).1)) cl n h)
| s_see M d th cl n h τ V pos t m V' :
    (*@ pop_turn load#1 acquire *)
    th τ = (V, Pop pos) → read Rlx M V (Slot pos) t m V' →
    step o (State M d th cl n h)
      (State M d (upd th τ (V', if decide ((mval m).1 = 1) then Take pos else Compare pos)) cl n h)
| s_claim_pop M d th cl n h τ V pos t M' V' :
    (*@ claim_pop compare_exchange_weak#1 seq_cst/relaxed *)
    th τ = (V, Take pos) → rmw Rlx Rlx M V Head (pos, false) (S pos, false) t M' V' →
    step o (State M d th cl n h) (State M' d (upd th τ (V', Idle)) cl n (S h))
| s_compare M d th cl n h τ V pos t m V' :
    (*@ claim_pop load#2 acquire *)
    th τ = (V, Compare pos) → read Rlx M V Head t m V' →
    step o (State M d th cl n h) (State M d (upd th τ (V', if decide ((mval m).1 = pos) then Tell pos else Idle)) cl n h)
| s_tell M d th cl n h τ V pos t m V' :
    (*@ claim_pop load#3 seq_cst *)
    th τ = (V, Tell pos) → read (tell o) M V Tail t m V' →
    step o (State M d th cl n h)
      (State M d (upd th τ (V', if decide (mval m = (pos, true)) then Drained pos else Idle)) cl n h)
| s_anew M d th cl n h τ V p :    (* it begins anew, or its next operation; or it stops here, if nobody hears of it again *)
    th τ = (V, p) → step o (State M d th cl n h) (State M d (upd th τ (V, Idle)) cl n h).

(*@ of primitives/sluice/mpmc_ring.hpp
    without looks_full: a hint
    without looks_empty: a hint
    without size_hint: a hint
    without skip_holes: elements whose constructor throws
    without fill store#1: elements whose constructor throws
    without push_turn: each position has a slot of its own
    without ~consumption: each position has a slot of its own
    without claim_push load#2: full
    without claim_push load#3: full
    without claim_push load#4: begins anew, as load#1
    without claim_pop load#4: busy
    without claim_pop load#5: begins anew, as load#1
    path close: close fetch_or#1
    path push.success: claim_push load#1, push_turn load#1, claim_push compare_exchange_weak#1, fill store#2
    path push.closed: claim_push load#1, is_closed load#1
    path pop.success: claim_pop load#1, pop_turn load#1, claim_pop compare_exchange_weak#1, ~consumption store#1
    path pop.closed: claim_pop load#1, pop_turn load#1, claim_pop load#2, claim_pop load#3 *)

Definition init : state :=
  State (λ l t, match l, t with Before _, _ => None | _, 0 => Some (Msg (0, false) bot) | _, _ => None end)
        (λ _, 0) (λ _, (bot, Idle)) None 0 0.
Definition reach o := rtc (step o) init.

(** whoever is told "closed" has not seen what the closer did before *)
Definition racy s := ∃ τ V p who n, thr s τ = (V, p) ∧ told p ∧ closer s = Some (who, n) ∧ V (Before who) < n.
(** it is not closed; or a pop is told so while something is left *)
Definition wrong s := ∃ τ V p, thr s τ = (V, p) ∧ told p ∧ (closer s = None ∨ ∃ pos, p = Drained pos ∧ popped s ≠ pushed s).

Local Arguments upd : simpl never. Local Arguments add : simpl never. Local Arguments set : simpl never.

(** ** Invariant *)
Definition knows_closer s (V : view) := ∃ who n, closer s = Some (who, n) ∧ n ≤ V (Before who).
Definition at_pc s (V : view) p := match p with
  | Fill pos | Take pos => pos < pushed s
  | Tell pos => pos ≤ popped s
  | Refused => knows_closer s V
  | Drained pos => knows_closer s V ∧ popped s = pushed s
  | _ => True end.
Record inv (s : state) (T : nat) : Prop := {
  i_tail t : t ≤ T → is_Some (H s Tail t);
  i_tail' t (m : msg) : H s Tail t = Some m →
    t ≤ T ∧ ((mval m).2 = true → (mval m).1 = pushed s ∧ knows_closer s (mview m));
  i_last (m : msg) : H s Tail T = Some m → mval m = (pushed s, bool_decide (is_Some (closer s)));
  i_head t : t ≤ popped s → is_Some (H s Head t);
  i_head' t (m : msg) : H s Head t = Some m → t ≤ popped s ∧ mval m = (t, false);
  i_slot pos t (m : msg) : H s (Slot pos) t = Some m → (mval m).1 = 1 → pos < pushed s;
  i_order : popped s ≤ pushed s;
  i_own τ : did s τ ≤ (thr s τ).1 (Before τ);
  i_pc τ : at_pc s (thr s τ).1 (thr s τ).2 }.

Lemma inv_init : inv init 0.
Proof.
  split; simpl; try done.
  - intros t ?. assert (t = 0) as -> by lia. eauto.
  - intros [|t] m; [|done]. by intros [= <-].
  - by intros m [= <-].
  - intros t ?. assert (t = 0) as -> by lia. eauto.
  - intros [|t] m; [|done]. by intros [= <-].
  - intros pos [|t] m; [|done]. by intros [= <-].
Qed.

Ltac other τ τ' := let Hno := fresh "Hno" in destruct (decide (τ' = τ)) as [->|Hno];
  [rewrite ?(upd_eq _ τ)|rewrite ?(upd_ne _ τ _ τ' Hno)]; simpl in *.

(** a step of one thread that leaves memory alone *)
Lemma inv_thread s T τ V p d :
  inv s T → knows V (thr s τ).1 → (∀ τ', τ' ≠ τ → d τ' = did s τ') → d τ ≤ V (Before τ) → at_pc s V p →
  inv (State (H s) d (upd (thr s) τ (V, p)) (closer s) (pushed s) (popped s)) T.
Proof.
  intros [] HV Hd Ho Hp. split; simpl; try done.
  - intros τ'. specialize (i_own0 τ'). other τ τ'; [done|]. by rewrite Hd.
  - intros τ'. specialize (i_pc0 τ'). by other τ τ'.
Qed.

(** one that reads *)
Lemma inv_reads s T τ V p o l t m V' p' :
  inv s T → thr s τ = (V, p) → read o (H s) V l t m V' →
  (H s l t = Some m → (o = Sync → knows V' (mview m)) → at_pc s V' p') →
  inv (State (H s) (did s) (upd (thr s) τ (V', p')) (closer s) (pushed s) (popped s)) T.
Proof.
  intros I Hτ (Hm & _ & _ & HV & Hs)%reads Hp. pose proof (i_own _ _ I τ) as Ho. rewrite Hτ /= in Ho.
  specialize (HV (Before τ)) as HVτ. apply inv_thread; rewrite ?Hτ //; [lia|auto].
Qed.
Lemma inv_step s s' T : inv s T → step source s s' → ∃ T', inv s' T'.
Proof.
  intros I Hs. pose proof I as [Htail Htail' Hlast Hhead Hhead' Hslot Horder Hown Hpc].
  destruct Hs as
    [ M d th cl n h τ V Hτ | M d th cl n h τ V pos b t M' V' Hτ Hr | M d th cl n h τ V t m V' Hτ Hr
    | M d th cl n h τ V t m V' Hτ Hr | M d th cl n h τ V pos t M' V' Hτ Hr | M d th cl n h τ V pos t M' V' Hτ Hr
    | M d th cl n h τ V t m V' Hτ Hr | M d th cl n h τ V pos t m V' Hτ Hr | M d th cl n h τ V pos t M' V' Hτ Hr
    | M d th cl n h τ V pos t m V' Hτ Hr | M d th cl n h τ V pos t m V' Hτ Hr | M d th cl n h τ V p Hτ ];
    simpl in *; pose proof (Hown τ) as Ho; pose proof (Hpc τ) as Hp; rewrite Hτ /= in Ho, Hp.
  - (* what the closer does before *)
    destruct (knows_bump V (Before τ) (S (d τ))) as [Hk Hk'].
    exists T. apply (inv_thread (State M d th cl n h) T τ _ _ _ I); simpl; rewrite ?Hτ ?upd_eq //. intros. by rewrite upd_ne.
  - (* close *)
    apply changes in Hr as (m & m' & Hm & _ & Hold & Hno & -> & Hnew & HkV & _ & _ & _ & Hmm & Hst).
    assert (t = T) as -> by (eapply at_the_end; eauto; by intros ?? [??]%Htail').
    pose proof (Hlast _ Hm) as Hl. rewrite Hold in Hl. injection Hl as -> Hb.
    set (s' := State _ _ _ _ _ _).
    assert (knows_closer s' (mview m')) as Hk'.
    { destruct b.
      - destruct (Htail' _ _ Hm) as [_ Hk]. rewrite Hold in Hk. destruct (Hk eq_refl) as (_ & who & k & ? & ?).
        exists who, k. split; [done|]. specialize (Hmm (Before who)). lia || (specialize (Hmm ltac:(done)); lia).
      - exists τ, (d τ). split; [done|]. pose proof (HkV (Before τ)). pose proof (Hst (Before τ)). lia. }
    assert (∀ W, knows_closer (State M d th cl n h) W → knows_closer s' W) as Hsame.
    { intros W (who & k & E & ?). simpl in E. destruct b; [by exists who, k|]. subst cl. symmetry in Hb.
      apply bool_decide_eq_false in Hb. destruct Hb; eauto. }
    exists (S T). split; simpl; try done.
    + by apply append_all.
    + intros t mt Hmt. apply appended in Hmt as [[-> ->]|[? Hmt]]; [rewrite Hnew; auto| |by intros ?? [??]%Htail'].
      destruct (Htail' _ _ Hmt) as [_ Hk]. split; [lia|]. intros Hy. destruct (Hk Hy). split; [done|]. by apply Hsame.
    + intros mt. rewrite add_eq. intros [= <-]. rewrite Hnew. f_equal. symmetry. apply bool_decide_eq_true. destruct Hk' as (?&?&?&?). eauto.
    + intros τ'. specialize (Hown τ'). other τ τ'; [|done]. specialize (HkV (Before τ)). lia.
    + intros τ'. specialize (Hpc τ'). other τ τ'; [done|]. destruct (th τ').2; try done; simpl in *; [by apply Hsame|].
      destruct Hpc. by split; [apply Hsame|].
  - (* looks at the tail *)
    exists T. eapply (inv_reads (State M d th cl n h)); [done..|]. simpl. intros Hm Hs.
    by destruct (mval m).2.
  - (* asks whether it is closed *)
    exists T. eapply (inv_reads (State M d th cl n h)); [done..|]. simpl. intros Hm Hs.
    destruct (mval m).2 eqn:E; [|done]. destruct (Htail' _ _ Hm) as [_ Hk]. destruct (Hk E) as [_ (who & k & ? & ?)].
    exists who, k. split; [done|]. specialize (Hs eq_refl (Before who)). lia.
  - (* claims the tail *)
    apply changes in Hr as (m & m' & Hm & _ & Hold & Hno & -> & Hnew & HkV & _ & _ & _ & Hmm & Hst).
    assert (t = T) as -> by (eapply at_the_end; eauto; by intros ?? [??]%Htail').
    pose proof (Hlast _ Hm) as Hl. rewrite Hold in Hl. injection Hl as -> Hb. symmetry in Hb. apply bool_decide_eq_false in Hb.
    assert (∀ W, ¬ knows_closer (State M d th cl n h) W) as Hopen by (intros W (?&?&?&?); simpl in *; subst; eauto).
    exists (S T). split; simpl; try done; try lia.
    + by apply append_all.
    + intros t mt Hmt. apply appended in Hmt as [[-> ->]|[? Hmt]]; [by rewrite Hnew| |by intros ?? [??]%Htail'].
      destruct (Htail' _ _ Hmt) as [_ Hk]. split; [lia|]. intros Hy. destruct (Hk Hy) as [_ []%Hopen].
    + intros mt. rewrite add_eq. intros [= <-]. by rewrite Hnew bool_decide_eq_false_2.
    + intros pos t mt Hmt Hy. specialize (Hslot pos t mt Hmt Hy). lia.
    + intros τ'. specialize (Hown τ'). other τ τ'; [|done]. specialize (HkV (Before τ)). lia.
    + intros τ'. specialize (Hpc τ'). other τ τ'; [lia|]. destruct (th τ').2; try done; simpl in *; try lia.
      destruct Hpc as [[]%Hopen _].
  - (* fills *)
    destruct Hr as (Hno & Ht & -> & ->). exists T. split; simpl; try done.
    + intros pos' t' mt. unfold add. case_decide as E; [|by apply Hslot]. destruct E as [[= ->] _]. by intros [= <-].
    + intros τ'. specialize (Hown τ'). other τ τ'; [|done]. by rewrite set_ne.
    + intros τ'. specialize (Hpc τ'). by other τ τ'.
  - (* looks at the head *)
    exists T. eapply (inv_reads (State M d th cl n h)); [done..|]. simpl. intros Hm Hs.
    done.
  - (* looks at its slot *)
    exists T. eapply (inv_reads (State M d th cl n h)); [done..|]. simpl. intros Hm Hs.
    case_decide as E; [|done]. by eapply Hslot.
  - (* claims the head *)
    apply changes in Hr as (m & m' & Hm & _ & Hold & Hno & -> & Hnew & HkV & _ & _ & _ & Hmm & Hst).
    assert (t = h) as -> by (eapply at_the_end; eauto; by intros ?? [??]%Hhead').
    destruct (Hhead' _ _ Hm) as [_ E]. rewrite Hold in E. injection E as ->.
    exists T. split; simpl; try done; try lia.
    + by apply append_all.
    + intros t mt Hmt. apply appended in Hmt as [[-> ->]|[? Hmt]]; [by rewrite Hnew| |by intros ?? [??]%Hhead'].
      destruct (Hhead' _ _ Hmt). split; [lia|done].
    + intros τ'. specialize (Hown τ'). other τ τ'; [|done]. specialize (HkV (Before τ)). lia.
    + intros τ'. specialize (Hpc τ'). other τ τ'; [done|]. destruct (th τ').2; try done; simpl in *; [lia|].
      destruct Hpc. lia.
  - (* compares *)
    exists T. eapply (inv_reads (State M d th cl n h)); [done..|]. simpl. intros Hm Hs.
    case_decide as E; [|done]. destruct (Hhead' _ _ Hm) as [? Ev]. rewrite Ev /= in E. simpl. lia.
  - (* tells *)
    exists T. eapply (inv_reads (State M d th cl n h)); [done..|]. simpl. intros Hm Hs.
    case_decide as E; [|done]. destruct (Htail' _ _ Hm) as [_ Hk]. rewrite E in Hk. destruct (Hk eq_refl) as [Epos (who & k & ? & ?)].
    simpl in Epos. split; [|simpl; lia]. exists who, k. split; [done|]. specialize (Hs eq_refl (Before who)). lia.
  - (* begins anew *)
    exists T. apply (inv_thread (State M d th cl n h) T τ V _ d I); simpl; rewrite ?Hτ //. by intros ?.
Qed.

Lemma reach_inv s : reach source s → ∃ T, inv s T.
Proof.
  intros Hr. unfold reach in Hr. remember init as s0 eqn:E0.
  assert (∃ T, inv s0 T) as Hi by (subst; eexists; apply inv_init).
  clear E0. induction Hr as [|s1 s2 s3 Hst _ IH]; [done|]. apply IH. destruct Hi as [T1 H1]. by eapply inv_step.
Qed.

(** ** With the orders of the source *)
Theorem closed_is_known s : reach source s → ¬ racy s ∧ ¬ wrong s.
Proof.
  intros [T I]%reach_inv.
  assert (∀ τ V p, thr s τ = (V, p) → told p → knows_closer s V ∧ ∀ pos, p = Drained pos → popped s = pushed s) as Hk.
  { intros τ V p Hτ Hp. pose proof (i_pc _ _ I τ) as Hpc. rewrite Hτ in Hpc. destruct p; try done. destruct Hpc. split; [done|].
    by intros ? [= <-]. }
  split.
  - intros (τ & V & p & who & k & Hτ & Hp & E & ?). destruct (Hk _ _ _ Hτ Hp) as [(who' & k' & E' & ?) _].
    rewrite E in E'. injection E' as <- <-. lia.
  - intros (τ & V & p & Hτ & Hp & Hx). destruct (Hk _ _ _ Hτ Hp) as [(who & k & E & _) Hd].
    destruct Hx as [Hx|(pos & -> & Hx)]; [by rewrite E in Hx|]. by apply Hx, (Hd pos).
Qed.

Theorem closed_is_final s s' : reach source s → step source s s' → closer s ≠ None → pushed s' = pushed s ∧ closer s' = closer s.
Proof.
  intros [T I]%reach_inv Hs Hc. destruct Hs as
    [| M d th cl n h τ V pos b t M' V' Hτ Hr | | | M d th cl n h τ V pos t M' V' Hτ Hr | | | | | | | ]; simpl in *; try done.
  all: apply changes in Hr as (m & m' & Hm & _ & Hold & Hno & _);
    assert (t = T) as -> by (eapply at_the_end; [apply I|intros ?? [??]%(i_tail' _ _ I); done|by eexists|done]);
    pose proof (i_last _ _ I _ Hm) as Hl; simpl in Hl; rewrite Hold in Hl; injection Hl as -> Hb.
  - rewrite bool_decide_eq_true_2 in Hb; [by subst|]. by apply not_eq_None_Some.
  - rewrite bool_decide_eq_true_2 in Hb; [done|]. by apply not_eq_None_Some.
Qed.

(** ** With one order weaker: a race *)
Ltac known := vm_compute; lia.
Ltac now_reads := split; [reflexivity|split; [known|reflexivity]].
Ltac closes τ t :=
  eapply rtc_l; [eapply (s_prepare _ _ _ _ _ _ _ τ); reflexivity|]; simpl;
  eapply rtc_l; [eapply (s_close _ _ _ _ _ _ _ τ _ _ _ t);
    [reflexivity|eexists; split; [reflexivity|split; [known|done]]]|]; simpl.
Ltac pushes τ t := eapply rtc_l; [eapply (s_push _ _ _ _ _ _ _ τ _ t); [reflexivity|now_reads]|]; simpl.
Ltac asks τ t := eapply rtc_l; [eapply (s_ask _ _ _ _ _ _ _ τ _ t); [reflexivity|now_reads]|]; simpl.
(* at position 0, where nothing was pushed *)
Ltac pops τ :=
  eapply rtc_l; [eapply (s_pop _ _ _ _ _ _ _ τ _ 0); [reflexivity|now_reads]|]; simpl;
  eapply rtc_l; [eapply (s_see _ _ _ _ _ _ _ τ _ _ 0); [reflexivity|now_reads]|]; simpl;
  eapply rtc_l; [eapply (s_compare _ _ _ _ _ _ _ τ _ _ 0); [reflexivity|now_reads]|]; simpl.
Ltac tells τ t := eapply rtc_l; [eapply (s_tell _ _ _ _ _ _ _ τ _ _ t); [reflexivity|now_reads]|]; simpl.

Theorem relaxed_close_races : ∃ s, reach (Orders Rlx Sync Sync) s ∧ racy s.
Proof.
  eexists. split; [unfold reach, init; closes 0 0; pushes 1 1; asks 1 1; apply rtc_refl|].
  eexists 1, _, Refused, 0, 1. split; [reflexivity|split; [done|split; [reflexivity|known]]].
Qed.
Theorem relaxed_ask_races : ∃ s, reach (Orders Sync Rlx Sync) s ∧ racy s.
Proof.
  eexists. split; [unfold reach, init; closes 0 0; pushes 1 1; asks 1 1; apply rtc_refl|].
  eexists 1, _, Refused, 0, 1. split; [reflexivity|split; [done|split; [reflexivity|known]]].
Qed.
Theorem relaxed_tell_races : ∃ s, reach (Orders Sync Sync Rlx) s ∧ racy s.
Proof.
  eexists. split; [unfold reach, init; closes 0 0; pops 1; tells 1 1; apply rtc_refl|].
  eexists 1, _, (Drained 0), 0, 1. split; [reflexivity|split; [done|split; [reflexivity|known]]].
Qed.
