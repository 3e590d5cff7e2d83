(* SPDX-License-Identifier: BSL-1.0 *)
(** once: the function runs with what it needs at most once, whoever returns has seen its effect, and an exception passes what
    it needs on to the next caller (retry), or counts as done (give_up).

    The program is basic_once::call of sluice/once.hpp. A function that throws is one that returns InjL; a wait returns at
    once, which it may, and a wake-up does nothing; so nothing is said of whether a sleeper wakes. *)
From iris.algebra Require Import excl.
From iris.base_logic.lib Require Import invariants.
From iris.program_logic Require Import weakestpre adequacy.
From iris.heap_lang Require Import proofmode notation adequacy.
From iris.heap_lang.lib Require Import nondet_bool assert.

(** ** Program *)
Notation idle := 0%Z. Notation running := 1%Z. Notation awaited := 2%Z. Notation over := 3%Z.

Definition new_once : val := λ: <>, ref #idle.
Definition weak_cas : val := λ: "word" "expected" "desired",
  if: nondet_bool #() then #false else Snd (CmpXchg "word" "expected" "desired").

Definition settle : val := λ: "o" "to", Xchg "o" "to";; #().         (*@ settle exchange#1 release *)
Definition run : val := λ: "retry" "o" "f",
  match: "f" #() with
    InjL "thrown" => settle "o" (if: "retry" then #idle else #over);; InjL "thrown"
  | InjR <> => settle "o" #over;; InjR #()
  end.
Definition call_slowly : val := rec: "slowly" "retry" "o" "f" :=
  let: "w" := !"o" in                                                (*@ call_slowly load#1 acquire *)
  if: "w" = #over then InjR #() else
  if: "w" = #idle then
    if: weak_cas "o" "w" #running                  (*@ call_slowly compare_exchange_weak#1 acquire/relaxed *)
    then run "retry" "o" "f" else "slowly" "retry" "o" "f"
  else if: "w" = #awaited then "slowly" "retry" "o" "f" else
    weak_cas "o" "w" #awaited;;                    (*@ call_slowly compare_exchange_weak#2 relaxed/relaxed *)
    "slowly" "retry" "o" "f".
Definition call : val := λ: "retry" "o" "f",
  if: !"o" = #over then InjR #()                                     (*@ done load#1 acquire *)
  else call_slowly "retry" "o" "f".

(*@ of primitives/sluice/once.hpp
    path first: done load#1, call_slowly load#1, call_slowly compare_exchange_weak#1, settle exchange#1
    path again: done load#1
    path throws: done load#1, call_slowly load#1, call_slowly compare_exchange_weak#1, settle exchange#1
    path overtaken: done load#1, call_slowly load#1
    path sleeps: done load#1, call_slowly load#1, call_slowly compare_exchange_weak#2 *)

Class onceG Σ := OnceG { once_excl :> inG Σ (exclR unitO) }.
Definition onceΣ : gFunctors := #[GFunctor (exclR unitO)].
Global Instance subG_onceΣ {Σ} : subG onceΣ Σ → onceG Σ. Proof. solve_inG. Qed.

Section once.
  Context `{!heapGS Σ, !onceG Σ} (N : namespace) (retry : bool).

  (** P: what the function needs, for one who runs it; Q: its effect, for everybody. The token is held by who runs it. *)
  Definition runner (γ : gname) : iProp Σ := own γ (Excl ()).
  Definition once_inv (γ : gname) (l : loc) (P Q : iProp Σ) : iProp Σ :=
    (l ↦ #idle ∗ P ∗ runner γ) ∨ (∃ w : Z, ⌜w = running ∨ w = awaited⌝ ∗ l ↦ #w) ∨ (l ↦ #over ∗ □ Q ∗ runner γ).
  Definition is_once (v : val) (P Q : iProp Σ) : iProp Σ :=
    ∃ γ (l : loc), ⌜v = #l⌝ ∗ inv N (once_inv γ l P Q).
  Global Instance is_once_persistent v P Q : Persistent (is_once v P Q).
  Proof. apply _. Qed.

  (** what a function has to do, given P: its effect, or, when it throws, P back (or the effect, where nobody tries again) *)
  Definition function (f : val) (P Q : iProp Σ) : iProp Σ :=
    (P -∗ WP f #() {{ r, (∃ v, ⌜r = InjRV v⌝ ∗ □ Q) ∨ (∃ e, ⌜r = InjLV e⌝ ∗ (if retry then P else □ Q)) }})%I.

  Theorem new_once_spec P Q : {{{ P }}} new_once #() {{{ v, RET v; is_once v P Q }}}.
  Proof.
    iIntros (Φ) "HP HΦ". wp_lam. wp_alloc l as "Hl".
    iMod (own_alloc (Excl ())) as (γ) "Hr"; first done.
    iMod (inv_alloc N _ (once_inv γ l P Q) with "[Hl HP Hr]") as "#I"; first (iNext; iLeft; by iFrame).
    iApply "HΦ". iExists γ, l. by iFrame "I".
  Qed.

  Lemma load_spec γ l P Q :
    {{{ inv N (once_inv γ l P Q) }}} !#l {{{ (w : Z), RET #w; if decide (w = over) then □ Q else True }}}.
  Proof.
    iIntros (Φ) "#I HΦ". iInv N as "[(>Hl & HP & >Hr)|[>H|(>Hl & #HQ & >Hr)]]".
    - wp_load. iModIntro. iSplitR "HΦ"; first (iNext; iLeft; by iFrame). by iApply "HΦ".
    - iDestruct "H" as (w Hw) "Hl". wp_load. iModIntro.
      iSplitR "HΦ"; first (iNext; iRight; iLeft; iExists w; by iFrame). iApply "HΦ".
      rewrite decide_False; [done|lia].
    - wp_load. iModIntro. iSplitR "HΦ"; first (iNext; iRight; iRight; by iFrame "∗ #"). by iApply "HΦ".
  Qed.

  Lemma settle_spec γ l P Q (to : Z) :
    {{{ inv N (once_inv γ l P Q) ∗ runner γ ∗ (⌜to = idle⌝ ∗ P ∨ ⌜to = over⌝ ∗ □ Q) }}}
      settle #l #to
    {{{ RET #(); True }}}.
  Proof.
    iIntros (Φ) "(#I & Hr & Hto) HΦ". wp_lam. wp_pures. wp_bind (Xchg _ _).
    iInv N as "[(_ & _ & >Hr')|[>H|(_ & _ & >Hr')]]".
    1,3: by iDestruct (own_valid_2 with "Hr Hr'") as %[].
    iDestruct "H" as (w _) "Hl". wp_xchg. iModIntro.
    iSplitR "HΦ"; last (wp_pures; by iApply "HΦ").
    iNext. iDestruct "Hto" as "[[-> HP]|[-> #HQ]]"; [iLeft|iRight; iRight]; by iFrame "∗ #".
  Qed.

  Lemma run_spec γ l P Q f :
    {{{ inv N (once_inv γ l P Q) ∗ runner γ ∗ P ∗ function f P Q }}}
      run #retry #l f
    {{{ r, RET r; ⌜r = InjRV #()⌝ ∗ □ Q ∨ ∃ e, ⌜r = InjLV e⌝ }}}.
  Proof.
    iIntros (Φ) "(#I & Hr & HP & Hf) HΦ". wp_lam. wp_pures. wp_bind (f _).
    iApply (wp_wand with "(Hf HP)"). iIntros (r) "[H|H]".
    - iDestruct "H" as (v ->) "#HQ". wp_pures.
      wp_apply (settle_spec with "[$I $Hr]"); first (iRight; by iFrame "HQ"). iIntros "_". wp_pures.
      iApply "HΦ". iLeft. by iFrame "HQ".
    - iDestruct "H" as (e ->) "H". wp_pures. destruct retry; wp_pures.
      all: wp_apply (settle_spec with "[$I $Hr H]"); [by auto|]; iIntros "_"; wp_pures.
      all: iApply "HΦ"; iRight; by iExists e.
  Qed.

  Lemma call_slowly_spec γ l P Q f :
    {{{ inv N (once_inv γ l P Q) ∗ function f P Q }}}
      call_slowly #retry #l f
    {{{ r, RET r; ⌜r = InjRV #()⌝ ∗ □ Q ∨ ∃ e, ⌜r = InjLV e⌝ }}}.
  Proof.
    iIntros (Φ) "[#I Hf] HΦ". iLöb as "IH". wp_rec. wp_pures.
    wp_apply (load_spec with "I"). iIntros (w) "H". wp_pures. case_bool_decide as E; wp_pures.
    { simplify_eq/=. iDestruct "H" as "#HQ". iApply "HΦ". iLeft. by iFrame "HQ". }
    iClear "H". case_bool_decide as E'; wp_pures.
    - (* nobody runs it: try to *)
      wp_lam. wp_pures. wp_apply nondet_bool_spec; first done. iIntros ([]) "_"; wp_pures.
      { by iApply ("IH" with "Hf HΦ"). }
      injection E' as ->. wp_bind (CmpXchg _ _ _).
      iInv N as "[(>Hl & HP & >Hr)|[>H|(>Hl & #HQ & >Hr)]]".
      + wp_cmpxchg_suc. iModIntro. iSplitL "Hl"; first (iNext; iRight; iLeft; iExists running; by auto).
        wp_pures. by wp_apply (run_spec with "[$I $Hr $HP $Hf]").
      + iDestruct "H" as (w Hw) "Hl". wp_cmpxchg_fail; first (intros [=]; lia). iModIntro.
        iSplitL "Hl"; first (iNext; iRight; iLeft; iExists w; by iFrame). wp_pures. by iApply ("IH" with "Hf HΦ").
      + wp_cmpxchg_fail. iModIntro. iSplitL "Hl Hr"; first (iNext; iRight; iRight; by iFrame "∗ #").
        wp_pures. by iApply ("IH" with "Hf HΦ").
    - case_bool_decide as E2; wp_pures; first by iApply ("IH" with "Hf HΦ").
      wp_lam. wp_pures. wp_apply nondet_bool_spec; first done. iIntros ([]) "_"; wp_pures.
      { by iApply ("IH" with "Hf HΦ"). }
      wp_bind (CmpXchg _ _ _).
      iInv N as "[(>Hl & HP & >Hr)|[>H|(>Hl & #HQ & >Hr)]]".
      + wp_cmpxchg_fail. iModIntro. iSplitL "Hl HP Hr"; first (iNext; iLeft; by iFrame).
        wp_pures. by iApply ("IH" with "Hf HΦ").
      + iDestruct "H" as (w' Hw) "Hl". destruct (decide (w' = w)) as [->|].
        * wp_cmpxchg_suc. iModIntro. iSplitL "Hl"; first (iNext; iRight; iLeft; iExists awaited; by auto).
          wp_pures. by iApply ("IH" with "Hf HΦ").
        * wp_cmpxchg_fail. iModIntro.
          iSplitL "Hl"; first (iNext; iRight; iLeft; iExists w'; by iFrame). wp_pures. by iApply ("IH" with "Hf HΦ").
      + wp_cmpxchg_fail. iModIntro. iSplitL "Hl Hr"; first (iNext; iRight; iRight; by iFrame "∗ #").
        wp_pures. by iApply ("IH" with "Hf HΦ").
  Qed.

  Theorem call_spec v P Q f :
    {{{ is_once v P Q ∗ function f P Q }}}
      call #retry v f
    {{{ r, RET r; ⌜r = InjRV #()⌝ ∗ □ Q ∨ ∃ e, ⌜r = InjLV e⌝ }}}.
  Proof.
    iIntros (Φ) "[#Ho Hf] HΦ". iDestruct "Ho" as (γ l ->) "#I". wp_lam. wp_pures.
    wp_apply (load_spec with "I"). iIntros (w) "H". wp_pures. case_bool_decide as E; wp_pures.
    { simplify_eq/=. iDestruct "H" as "#HQ". iApply "HΦ". iLeft. by iFrame "HQ". }
    wp_apply (call_slowly_spec with "[$I $Hf]"). iIntros (r) "Hr". by iApply "HΦ".
  Qed.
End once.

(** ** A closed program: any number of callers, of a function that may throw and counts how often it does not. Whoever's
    call returns finds a count of 1, in every interleaving; else an assertion would be stuck. *)
Definition callers : val := λ: "n",
  let: "count" := ref #0 in
  let: "o" := new_once #() in
  let: "f" := λ: <>, if: nondet_bool #() then InjL #() else "count" <- !"count" + #1;; InjR #() in
  (rec: "start" "i" :=
     if: "i" = #0 then #() else
     Fork (match: call #true "o" "f" with InjL <> => #() | InjR <> => assert: (!"count" = #1) end);;
     "start" ("i" - #1)) "n".

Section callers.
  Context `{!heapGS Σ, !onceG Σ}.
  Lemma callers_spec (n : nat) : ⊢ WP callers #n {{ _, True }}.
  Proof.
    rewrite /callers. wp_pures. wp_alloc c as "Hc". wp_pures.
    wp_apply (new_once_spec nroot (c ↦ #0) (c ↦□ #1) with "Hc"). iIntros (o) "#Ho". wp_pures.
    iInduction n as [|n] "IH"; wp_pures; first done.
    wp_apply wp_fork.
    - wp_apply (call_spec with "[$Ho]").
      { iIntros "Hc". wp_pures. wp_apply nondet_bool_spec; first done. iIntros ([]) "_"; wp_pures.
        - iModIntro. iRight. iExists #(). by iFrame.
        - wp_load. wp_store. iMod (mapsto_persist with "Hc") as "#Hc". wp_pures. iModIntro. iLeft. iExists #(). by auto. }
      iIntros (r) "[[-> #Hc]|H]"; wp_pures.
      + wp_apply wp_assert. wp_load. wp_pures. by auto.
      + iDestruct "H" as %[e ->]. by wp_pures.
    - wp_pures. replace (S n - 1)%Z with (Z.of_nat n) by lia. iApply "IH".
  Qed.
End callers.

Theorem runs_once_for_any_callers (n : nat) (σ : state) : adequate NotStuck (callers #n) σ (λ _ _, True).
Proof.
  set (Σ := #[heapΣ; onceΣ]). apply (heap_adequacy Σ). iIntros (?) "_". iApply callers_spec.
Qed.
